const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1536 → "1.5 kB". Decimal, as the command line counts. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  // What would be rounded up to a thousand is one of the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Memory and disks: 536,870,912 → "512 MiB", 25,216,000,000 → "23.5 GiB". By 1024, as the command line and templates count them. */
export function memory(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1023.5 && unit < binary.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '')} ${binary[unit] ?? ''}`;
}

export const rate = (perSecond: number) => `${bytes(perSecond)}/s`;

export const count = (value: number) => value.toLocaleString('en');

/** 3.2 → "3.2 ms", 1234 → "1.2 s". */
export function milliseconds(value: number): string {
  return value < 999.5 ? `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

const steps: readonly [number, Intl.RelativeTimeFormatUnit][] = [[60, 'second'], [60, 'minute'], [24, 'hour'], [30, 'day'], [12, 'month'], [Number.POSITIVE_INFINITY, 'year']];
/** Hours as everywhere on these pages: 0 to 23. */
export const by24 = { hourCycle: 'h23' } as const;

const near = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
// "next mo." may be any day of it: only days have names of their own.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });

/** How long ago, or in how long, `at` is, both in milliseconds of the epoch. */
export function ago(at: number, now: number): string {
  let value = (at - now) / 1000;
  if (Math.abs(value) < 10) return 'just now';
  for (const [size, unit] of steps) {
    // What would be rounded up to the next unit is one of it: "in 60 sec." is "in 1 min.".
    if (Math.abs(Math.round(value)) < size) return (unit === 'day' ? near : relative).format(Math.round(value), unit);
    value /= size;
  }
  return '';
}
