import { useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { arrange, counted, destination, type Order } from './arrange';
import { Icon } from './Icon';
import { useWindow } from './useWindow';

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** What it is sorted by; without it there is no sorting. */
  readonly sort?: (row: T) => string | number;
  /** A CSS width; what has none shares the rest. */
  readonly width?: string;
  readonly end?: boolean;
  /** Left out where there is little room; the first column then says it in its second line. */
  readonly wideOnly?: boolean;
  /** The title is for screen readers only. */
  readonly silent?: boolean;
}

interface Props<T> {
  /** What the table holds, for screen readers. */
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  /** The text that a filter looks in; without it there is no filter. */
  readonly textOf?: (row: T) => string;
  readonly sortBy?: string;
  readonly descending?: boolean;
  readonly tools?: ReactNode;
  readonly empty: ReactNode;
  /** Asked when the end comes into sight and there is more to fetch. */
  readonly onEnd?: (() => void) | undefined;
  readonly noun: string;
}

const rowHeight = 48;

/**
 * A table of any length: only the rows in sight exist. Sorted by its headings, filtered as one types, and walked with the arrow keys, Home and
 * End, from link to link of the first column.
 */
export function Table<T>({ label, rows, columns, keyOf, textOf, sortBy, descending = false, tools, empty, onEnd, noun }: Props<T>) {
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState({ key: sortBy, descending });
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => arrange(rows, columns, textOf, filter, order), [rows, columns, textOf, filter, order]);
  const { first, last, reveal } = useWindow(scroller, shown.length, rowHeight, onEnd);

  const move = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('tr.item');
    const at = row ? Number(row.dataset['at']) : -1;
    const to = destination(event.key, at, shown.length);
    if (to === undefined || (event.target as HTMLElement).matches('input, select')) return;
    event.preventDefault();
    reveal(to, () => scroller.current?.querySelector<HTMLElement>(`tr[data-at="${String(to)}"] :is(a, button)`)?.focus({ preventScroll: true }));
  };

  return (
    <div className="panel list">
      {(textOf || tools) && (
        <div className="tools">
          {textOf && (
            <div className="search">
              <Icon name="search" size={16} />
              <input className="input" type="search" placeholder={`Filter ${noun}`} aria-label={`Filter ${noun}`} value={filter} onChange={(event) => setFilter(event.target.value)} />
            </div>
          )}
          {tools}
          <span className="count numeric" role="status">{counted(shown.length, rows.length, noun)}</span>
        </div>
      )}
      {rows.length === 0 ? empty : shown.length === 0 ? (
        <p className="nothing">None of {rows.length.toLocaleString('en')} {noun} matches “{filter}”.</p>
      ) : (
        <div className="scroller" ref={scroller} onKeyDown={move} tabIndex={0} role="region" aria-label={label}>
          <table aria-label={label} aria-rowcount={shown.length + 1}>
            <thead>
              <tr aria-rowindex={1}>
                {columns.map((column) => (
                  <Heading key={column.key} column={column} order={order} onOrder={setOrder} />
                ))}
              </tr>
            </thead>
            <tbody>
              {first > 0 && <Filler rows={first} />}
              {shown.slice(first, last).map((row, at) => (
                <tr key={keyOf(row)} className="item" data-at={first + at} aria-rowindex={first + at + 2}>
                  {columns.map((column) => (
                    <td key={column.key} className={classOf(column)}>{column.cell(row)}</td>
                  ))}
                </tr>
              ))}
              {last < shown.length && <Filler rows={shown.length - last} />}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Heading<T>({ column, order, onOrder }: { readonly column: Column<T>; readonly order: Order; readonly onOrder: (order: Order) => void }) {
  const sorted = order.key === column.key;
  const style = column.width ? { width: column.width } : undefined;
  if (!column.sort) return <th scope="col" className={classOf(column)} style={style}>{column.silent ? <span className="unseen">{column.title}</span> : column.title}</th>;
  return (
    <th scope="col" className={classOf(column)} style={style} aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" onClick={() => onOrder({ key: column.key, descending: sorted && !order.descending })}>
        {column.title}
        {sorted && <Icon name={order.descending ? 'down' : 'up'} size={14} />}
      </button>
    </th>
  );
}

// One cell and no more: with a span it would make columns of those that a narrow window leaves out, as wide as the others.
function Filler({ rows }: { readonly rows: number }) {
  return (
    <tr className="filler" aria-hidden="true">
      <td style={{ height: rows * rowHeight }} />
    </tr>
  );
}

function classOf<T>(column: Column<T>): string | undefined {
  return [column.end && 'end', column.wideOnly && 'not-narrow'].filter(Boolean).join(' ') || undefined;
}
