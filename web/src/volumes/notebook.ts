/** A notebook as it is shown: cells, of which everything is plain text or a PNG. HTML, SVG, JavaScript and whatever else a cell put out is left out. */
export interface Notebook {
  readonly language: string | undefined;
  readonly cells: readonly NotebookCell[];
  /** Cells that there are, of which `cells` has the first. */
  readonly allCells: number;
}

export interface NotebookCell {
  readonly kind: 'code' | 'markdown' | 'raw';
  readonly number: number | undefined;
  readonly source: string;
  readonly outputs: readonly NotebookOutput[];
}

export type NotebookOutput =
  | { readonly kind: 'text'; readonly text: string; readonly isError: boolean }
  | { readonly kind: 'png'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Something that is not shown: its media types. */
  | { readonly kind: 'other'; readonly types: readonly string[] };

export const mostCells = 500;
const mostOutputs = 50;
const mostOfText = 65_536;
const mostPictures = 100;
const mostOfType = 60;

type Bag = Readonly<Record<string, unknown>>;

/** Reads a notebook (nbformat 4). Undefined when the text is none; members of other types than they should be are as if they were not there. */
export function notebookOf(text: string): Notebook | undefined {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isBag(all) || !Array.isArray(all['cells'])) return undefined;
  const cells: readonly unknown[] = all['cells'];
  const pictures = { left: mostPictures };
  return { language: languageOf(all), cells: cells.slice(0, mostCells).filter(isBag).map((cell) => cellOf(cell, pictures)), allCells: cells.length };
}

function cellOf(cell: Bag, pictures: { left: number }): NotebookCell {
  const kind = cell['cell_type'] === 'code' ? 'code' : cell['cell_type'] === 'markdown' ? 'markdown' : 'raw';
  const outputs: readonly unknown[] = kind === 'code' && Array.isArray(cell['outputs']) ? cell['outputs'] : [];
  return {
    kind,
    number: typeof cell['execution_count'] === 'number' ? cell['execution_count'] : undefined,
    source: cut(joined(cell['source']) ?? ''),
    outputs: outputs.slice(0, mostOutputs).filter(isBag).flatMap((output) => outputOf(output, pictures)),
  };
}

function outputOf(output: Bag, pictures: { left: number }): NotebookOutput[] {
  if (output['output_type'] === 'stream') return textOf(joined(output['text']), output['name'] === 'stderr');
  if (output['output_type'] === 'error') {
    const traceback = Array.isArray(output['traceback']) ? output['traceback'].filter((line) => typeof line === 'string').join('\n') : '';
    return textOf(traceback || [output['ename'], output['evalue']].filter((part) => typeof part === 'string').join(': '), true);
  }
  const data = output['data'];
  if (!isBag(data)) return [];
  const png = pictures.left > 0 ? pngOf(joined(data['image/png'])) : undefined;
  if (png) {
    pictures.left--;
    return [{ kind: 'png', bytes: png }];
  }
  const text = textOf(joined(data['text/plain']), false);
  return text.length > 0 ? text : [{ kind: 'other', types: Object.keys(data).slice(0, 5).map((type) => type.slice(0, mostOfType)) }];
}

const textOf = (text: string | undefined, isError: boolean): NotebookOutput[] => (text ? [{ kind: 'text', text: cut(text), isError }] : []);

const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

// Only what is one by its first bytes: a browser is given it as a PNG and as nothing else.
function pngOf(base64: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (!base64) return undefined;
  try {
    const bytes = Uint8Array.from(atob(base64.replace(/\s/g, '')), (one) => one.charCodeAt(0));
    return pngStart.every((byte, at) => bytes[at] === byte) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function languageOf(all: Bag): string | undefined {
  const metadata = all['metadata'];
  const language = isBag(metadata) && isBag(metadata['language_info']) ? metadata['language_info']['name'] : undefined;
  return typeof language === 'string' ? language.slice(0, mostOfType) : undefined;
}

// A text, or its lines.
function joined(text: unknown): string | undefined {
  if (typeof text === 'string') return text;
  return Array.isArray(text) ? text.filter((line) => typeof line === 'string').join('') : undefined;
}

const cut = (text: string) => (text.length > mostOfText ? `${text.slice(0, mostOfText)}\n… cut here: download the file for the rest` : text);

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);
