import { useSyncExternalStore } from 'react';

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** 1536 → "1.5 KB". Decimal, as the command line counts. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

export const rate = (perSecond: number) => `${bytes(perSecond)}/s`;

export const count = (value: number) => value.toLocaleString('en');

export function milliseconds(value: number): string {
  return value < 1000 ? `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

const steps: readonly [number, Intl.RelativeTimeFormatUnit][] = [[60, 'second'], [60, 'minute'], [24, 'hour'], [30, 'day'], [12, 'month'], [Number.POSITIVE_INFINITY, 'year']];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

function ago(at: number, now: number): string {
  let value = (at - now) / 1000;
  if (Math.abs(value) < 10) return 'just now';
  for (const [size, unit] of steps) {
    if (Math.abs(value) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return '';
}

// One clock for all of the page, by which "5 min. ago" grows old.
let now = Date.now();
const watchers = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const watcher of watchers) watcher();
}, 10_000);

const clock = {
  subscribe(watcher: () => void) {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
  now: () => now,
};

/** A moment, as people say it; the whole of it on hovering, and for machines. */
export function Moment({ at, never = 'never' }: { readonly at: string | null | undefined; readonly never?: string }) {
  const present = useSyncExternalStore(clock.subscribe, clock.now);
  if (!at) return <span className="faint">{never}</span>;
  const date = new Date(at);
  return <time className="nowrap" dateTime={at} title={date.toLocaleString('en', { dateStyle: 'full', timeStyle: 'long' })}>{ago(date.getTime(), present)}</time>;
}
