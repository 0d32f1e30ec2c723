import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const compressible = /\.(?:html|js|css|svg|json|txt|webmanifest)$/;

/**
 * Makes of the built files what the hub embeds: text only compressed, as .br and .gz, the rest as it is, and `assets.txt`, which has a
 * line for each file: its path, a tab, and its validator. The hub then reads no file to know them all.
 */
export function embedding(): Plugin {
  return {
    name: 'adit-embedding',
    apply: 'build',
    enforce: 'post',
    writeBundle(options) {
      const folder = options.dir ?? 'dist';
      const lines = filesOf(folder).map((path) => {
        const file = join(folder, path);
        const content = readFileSync(file);
        if (compressible.test(path)) {
          writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }));
          writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
          rmSync(file);
        }
        return `${path}\t${createHash('sha256').update(content).digest('base64url').slice(0, 22)}\n`;
      });
      writeFileSync(join(folder, 'assets.txt'), lines.join(''));
    },
  };
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1).replaceAll('\\', '/'))
    .sort();
}
