/** Bytes up to which text, tables and comparisons are shown. */
export const mostText = 256 * 1024;
/** Bytes up to which pictures and notebooks are shown. */
export const mostRich = 8 * 1024 * 1024;

export type ViewKind = 'text' | 'table' | 'notebook' | 'picture';

const pictures = /\.(?:png|jpe?g|gif|webp)$/i;

/** How a file is shown, by its name alone; what it holds is looked at when it has come. */
export const viewOf = (name: string): ViewKind => (pictures.test(name) ? 'picture' : /\.ipynb$/i.test(name) ? 'notebook' : /\.(?:csv|tsv)$/i.test(name) ? 'table' : 'text');

export const mostOf = (view: ViewKind) => (view === 'picture' || view === 'notebook' ? mostRich : mostText);

/** What a picture is by its first bytes, whatever its name says; undefined for none that is shown. SVG is a document with scripts, and never among them. */
export function pictureType(bytes: Uint8Array): string | undefined {
  const begins = (at: number, ...with_: readonly number[]) => with_.every((byte, index) => bytes[at + index] === byte);
  if (begins(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (begins(0, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (begins(0, 0x47, 0x49, 0x46, 0x38) && (begins(4, 0x37, 0x61) || begins(4, 0x39, 0x61))) return 'image/gif';
  if (begins(0, 0x52, 0x49, 0x46, 0x46) && begins(8, 0x57, 0x45, 0x42, 0x50)) return 'image/webp';
  return undefined;
}

/** The text that bytes are; undefined when they are none (UTF-8 without zeros). */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

// Colours of terminals, which notebooks keep in tracebacks.
// eslint-disable-next-line no-control-regex
const colours = /\u001b\[[0-?]*[ -/]*[@-~]/g;
// eslint-disable-next-line no-control-regex
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** A text of which all is seen: what turns text around or hides in it is shown by its number, so that a file looks as it is. */
export const visible = (text: string) =>
  text.replaceAll('\r\n', '\n').replace(unseen, (one) => (one < ' ' ? String.fromCharCode(0x2400 + one.charCodeAt(0)) : `⟨${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`));

export const withoutColours = (text: string) => text.replace(colours, '');

/** The parts of a path, without empty ones; in the address a path that ends in a slash is a directory. */
export const partsOf = (path: string) => path.split('/').filter(Boolean);

export const parentOf = (path: string) => partsOf(path).slice(0, -1).join('/');

export const nameOfPath = (path: string) => partsOf(path).at(-1) ?? '';

/** A cursor of a list that comes before a name and nothing much else: the hub's cursors are names, in the order of their bytes. */
export const cursorBefore = (name: string) => [...name].slice(0, -1).join('');

/** The first twelve digits name a snapshot. */
export const shortId = (id: string) => id.slice(0, 12);

/** "+1.2 kB": how much more or less. */
export const difference = (before: number, after: number, words: (bytes: number) => string) => (after === before ? '±0' : `${after > before ? '+' : '−'}${words(Math.abs(after - before))}`);
