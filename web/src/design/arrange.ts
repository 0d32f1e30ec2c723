/** What a table needs to know of a column to sort by it. */
export interface Sortable<T> {
  readonly key: string;
  readonly sort?: (row: T) => string | number;
}

export interface Order {
  readonly key: string | undefined;
  readonly descending: boolean;
}

/** The rows that have every word of the filter in their text, in the order of a column. Equal ones stay as they came. */
export function arrange<T>(rows: readonly T[], columns: readonly Sortable<T>[], textOf: ((row: T) => string) | undefined, filter: string, order: Order): readonly T[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = rows;
  if (textOf && words.length > 0) {
    shown = rows.filter((row) => {
      const text = textOf(row).toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }
  const by = columns.find((column) => column.key === order.key)?.sort;
  if (!by) return shown;
  const sign = order.descending ? -1 : 1;
  // Each key is made once, not once a comparison.
  return shown
    .map((row) => ({ row, key: by(row) }))
    .sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/** "3 of 1,200 accounts", "1 policy". */
export function counted(shown: number, all: number, noun: string): string {
  const text = all.toLocaleString('en');
  if (all === 1 && shown === 1) return `1 ${noun.replace(/ies\b/, 'y').replace(/s\b/, '')}`;
  return shown === all ? `${text} ${noun}` : `${shown.toLocaleString('en')} of ${text} ${noun}`;
}

/** The row that a key leads to from row `at` (-1 for none) of `count`; undefined for keys that lead nowhere. */
export function destination(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown': return Math.min(at + 1, count - 1);
    case 'ArrowUp': return at < 0 ? undefined : Math.max(at - 1, 0);
    case 'Home': return 0;
    case 'End': return count - 1;
    default: return undefined;
  }
}
