import type { LogLine, LogPage } from '../api/tasks';

/** The most lines that a page keeps of a log, however long that is. */
export const mostKept = 4_000;

/** How many lines are asked for at a time. */
export const pageSize = 1_000;

/** The part of a log that the page has: lines that follow on each other, and what else there is. */
export interface LogWindow {
  readonly lines: readonly LogLine[];
  /** The first line that the hub still has. */
  readonly first: number;
  /** One more than the last line that there is. */
  readonly end: number;
  /** By how many lines what was seen before is further down now; negative where lines before it were let go. */
  readonly moved: number;
}

/** The window of a page, whatever was there before. */
export const windowOf = ({ lines, first, end }: LogPage): LogWindow => ({ lines, first, end, moved: 0 });

/** The number of the first line of a window; where a log without lines would begin. */
export const startOf = ({ lines, end }: LogWindow) => lines[0]?.number ?? end;

/** The number after the last line of a window. */
export const nextOf = ({ lines, end }: LogWindow) => (lines.at(-1)?.number ?? end - 1) + 1;

export const hasEarlier = (window: LogWindow) => window.lines.length > 0 && startOf(window) > window.first;

export const hasLater = (window: LogWindow) => nextOf(window) < window.end;

/** With what follows. Lines that are there already are left out; where some between were lost, it begins anew. The oldest go when there are too many. */
export function append(window: LogWindow, page: LogPage): LogWindow {
  const next = nextOf(window);
  const fresh = page.lines.filter(({ number }) => number >= next);
  const end = Math.max(window.end, page.end);
  if (fresh.length === 0) return { ...window, first: page.first, end, moved: 0 };
  if (window.lines.length > 0 && (fresh[0]?.number ?? 0) > next) return windowOf({ ...page, lines: fresh.slice(-mostKept), end });
  const all = [...window.lines, ...fresh];
  const over = Math.max(0, all.length - mostKept);
  return { lines: over > 0 ? all.slice(over) : all, first: page.first, end, moved: -Math.min(over, window.lines.length) };
}

/** With what comes before. The newest go when there are too many. */
export function prepend(window: LogWindow, page: LogPage): LogWindow {
  const start = startOf(window);
  const fresh = page.lines.filter(({ number }) => number < start);
  return { lines: [...fresh, ...window.lines].slice(0, mostKept), first: page.first, end: Math.max(window.end, page.end), moved: fresh.length };
}

// Colours and cursor movements of terminals, and other characters that are no text. A tab is.
// eslint-disable-next-line no-control-regex
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A line as it is read: of a progress bar that was written over itself the last state, without colours and without what turns text around. */
export function plain(text: string): string {
  const shown = text.endsWith('\r') ? text.slice(0, -1) : text;
  return shown.slice(shown.lastIndexOf('\r') + 1).replace(sequences, '');
}

/** A line taken apart where it has what was searched for, in whatever case: every second part is a find. */
export function parted(text: string, search: string): readonly string[] {
  if (search === '') return [text];
  const parts: string[] = [];
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  // Some letters change their length with their case; then positions would not fit.
  if (lower.length !== text.length) return [text];
  let at = 0;
  for (let found = lower.indexOf(wanted); found >= 0; found = lower.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), text.slice(found, found + wanted.length));
    at = found + wanted.length;
  }
  parts.push(text.slice(at));
  return parts;
}
