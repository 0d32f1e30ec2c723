import { useSyncExternalStore } from 'react';
import { ago, by24 } from './words';

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

/** The time, in milliseconds of the epoch, by which what is shown grows old. */
export const useNow = () => useSyncExternalStore(clock.subscribe, clock.now);

/** A moment, as people say it; the whole of it on hovering, and for machines. */
export function Moment({ at, never = 'never' }: { readonly at: string | null | undefined; readonly never?: string }) {
  const present = useNow();
  if (!at) return <span className="faint">{never}</span>;
  const date = new Date(at);
  return <time className="nowrap" dateTime={at} title={date.toLocaleString('en', { dateStyle: 'full', timeStyle: 'long', ...by24 })}>{ago(date.getTime(), present)}</time>;
}
