// The tests of the interface's logic: npm test [WORD …]. Vite makes JavaScript of them as it does of the pages, Node.js runs them; neither
// needs more than what the pages are built with.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const web = fileURLToPath(new URL('..', import.meta.url));
const made = `${web}node_modules/.adit-tests`;
const words = process.argv.slice(2);
const files = readdirSync(`${web}tests`).filter((name) => name.endsWith('.test.ts') && (words.length === 0 || words.some((word) => name.includes(word))));

rmSync(made, { recursive: true, force: true });
await build({
  root: web,
  configFile: false,
  logLevel: 'error',
  build: {
    ssr: true,
    outDir: made,
    target: 'node18',
    minify: false,
    sourcemap: 'inline',
    rollupOptions: { input: files.map((name) => `${web}tests/${name}`), output: { entryFileNames: '[name].mjs', chunkFileNames: 'part-[hash].mjs' } },
  },
});
const tests = readdirSync(made).filter((name) => name.endsWith('.test.mjs')).map((name) => `${made}/${name}`);
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=tap', ...tests], {
  stdio: 'inherit',
  timeout: 60_000,
  env: { ...process.env, TZ: 'Europe/Zurich' },
});
process.exit(status ?? 1);
