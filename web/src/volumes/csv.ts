/** A table that was read from text. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows below the header that there are, of which `rows` has the first. */
  readonly allRows: number;
  /** Columns of the widest row, of which the first are kept. */
  readonly allColumns: number;
}

export const mostCsvRows = 500;
export const mostCsvColumns = 50;
const mostOfCell = 500;
const separators = [',', ';', '\t', '|'] as const;

/**
 * Comma-separated values (RFC 4180), and what people make of them: other separators, quotes that never end, rows of any length. Undefined when it
 * is no table: a single column, or nothing. The text is bounded before it comes here; what is kept of it is bounded too.
 */
export function csvOf(text: string): CsvTable | undefined {
  const all = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const separator = separatorOf(all);
  if (separator === undefined) return undefined;
  const kept: string[][] = [];
  let [rows, columns] = [0, 0];
  read(all, separator, (row, width) => {
    rows++;
    columns = Math.max(columns, width);
    if (kept.length <= mostCsvRows) kept.push(row);
  });
  const [header, ...body] = kept;
  return header && { header, rows: body, allRows: rows - 1, allColumns: columns };
}

// The one that is most often in the first line, outside of quotes.
function separatorOf(text: string): string | undefined {
  const counts = new Map<string, number>();
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const one = text.charAt(at);
    if (one === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (one === '\n' || one === '\r')) break;
    else if (!isQuoted && (separators as readonly string[]).includes(one)) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return [...separators].filter((one) => counts.has(one)).sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))[0];
}

function read(text: string, separator: string, take: (row: string[], width: number) => void): void {
  let row: string[] = [];
  let width = 0;
  let at = 0;
  const keep = (cell: string) => {
    width++;
    if (row.length < mostCsvColumns) row.push(cell.length > mostOfCell ? `${cell.slice(0, mostOfCell)}…` : cell);
  };
  const end = () => {
    // An empty line is no row.
    if (width > 1 || row[0] !== '') take(row, width);
    row = [];
    width = 0;
  };
  while (at < text.length) {
    let cell = '';
    if (text.charAt(at) === '"') {
      // To the quote that is not doubled; what stands behind it up to the separator belongs to the cell too.
      for (at++; ; ) {
        const quote = text.indexOf('"', at);
        cell += text.slice(at, quote < 0 ? text.length : quote);
        at = quote < 0 ? text.length : quote + 1;
        if (quote < 0 || text.charAt(at) !== '"') break;
        cell += '"';
        at++;
      }
    }
    const from = at;
    while (at < text.length && text.charAt(at) !== separator && text.charAt(at) !== '\n') at++;
    const rest = text.slice(from, at);
    keep(cell + (text.charAt(at) === separator || !rest.endsWith('\r') ? rest : rest.slice(0, -1)));
    if (text.charAt(at) !== separator) end();
    else if (at + 1 === text.length) {
      keep('');
      end();
    }
    at++;
  }
}
