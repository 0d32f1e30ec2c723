import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Writes `licences.txt`: the licence of each package whose code or font is in the bundle, as these licences ask for. */
export function licences(): Plugin {
  return {
    name: 'adit-licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const packages = new Set<string>();
      for (const part of Object.values(bundle)) {
        const sources = part.type === 'chunk' ? part.moduleIds : part.originalFileNames;
        for (const source of sources) {
          const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
          if (name !== undefined) packages.add(name);
        }
      }
      // Fonts come in by way of style sheets, which are no modules of a chunk.
      for (const font of ['@fontsource-variable/geist', '@fontsource-variable/geist-mono']) packages.add(font);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: [...packages].sort().map(licenceOf).join('\n') });
    },
  };
}

function licenceOf(name: string): string {
  const folder = join('node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string; license: string };
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `Licence: ${license}\n` : readFileSync(join(folder, file), 'utf8');
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text}`;
}
