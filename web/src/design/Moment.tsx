import { useEffect, useState, useSyncExternalStore } from 'react';
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

const nearMs = 100_000;

/** How many seconds it is to a moment, told each second while it is near. */
export function useSecondsTo(at: number): number {
  const present = useNow();
  const [second, setSecond] = useState(0);
  const isNear = Math.abs(at - present) < nearMs;
  useEffect(() => {
    if (!isNear) return undefined;
    const timer = setInterval(() => setSecond(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isNear]);
  return (at - Math.max(present, second)) / 1000;
}

/** A moment, as people say it; the whole of it on hovering, and for machines. */
export function Moment({ at, never = 'never' }: { readonly at: string | null | undefined; readonly never?: string }) {
  const present = useNow();
  if (!at) return <span className="faint">{never}</span>;
  const date = new Date(at);
  return <time className="nowrap" dateTime={at} title={date.toLocaleString('en', { dateStyle: 'full', timeStyle: 'long', ...by24 })}>{ago(date.getTime(), present)}</time>;
}
