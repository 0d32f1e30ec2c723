import type { IdleReport, IdleTerms, Task } from '../api/tasks';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** How long something takes or is away, to the nearest of what people say: "45 s", "58 min", "4 h", "3 days". */
export function spanOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${String(whole)} s`;
  if (whole < 90 * minute) return `${String(Math.round(whole / minute))} min`;
  if (whole < 36 * hour) return `${String(Math.round(whole / hour))} h`;
  return `${String(Math.round(whole / day))} days`;
}

/** "in 9 min", by times of the epoch in milliseconds; what is over is "now". */
export const inSpan = (at: number, now: number) => (at <= now ? 'now' : `in ${spanOf((at - now) / 1000)}`);

/** What a template lets become of its sessions: "frozen after 15 min and stopped after 1 h without use, and after 7 days in any case". */
export function termsOf(terms: IdleTerms | null | undefined): string {
  const { freezeAfterSeconds: freeze, stopAfterSeconds: stop, maxAgeSeconds: age } = terms ?? {};
  const unused = [freeze ? `frozen after ${spanOf(freeze)}` : '', stop ? `stopped after ${spanOf(stop)}` : ''].filter(Boolean).join(' and ');
  if (!age) return unused ? `${unused} without use` : 'until it is stopped';
  return unused ? `${unused} without use, and ${stop ? '' : 'stopped '}after ${spanOf(age)} in any case` : `stopped after ${spanOf(age)}, used or not`;
}

/** The same as a sentence. */
export function termsSentenceOf(terms: IdleTerms | null | undefined): string {
  const words = termsOf(terms);
  return words === termsOf(null) ? 'It goes on until it is stopped.' : `It is ${words}.`;
}

/** What a kind of task is, in a line. */
export const kindOf = (kind: Task['kind'], terms: IdleTerms | null | undefined) => (kind === 'job' ? 'job: a command that ends by itself' : `session: ${termsOf(terms)}`);

/** What becomes of a task when nobody uses it, in a few words: "stops in 58 min", "frozen"; empty for nothing. */
export function fateOf({ idle, state }: Pick<Task, 'idle' | 'state'>, now: number): string {
  if (!idle || state !== 'ready') return '';
  const end = idle.stopsAt ? `stops ${inSpan(Date.parse(idle.stopsAt), now)}` : '';
  return [idle.isFrozen ? 'frozen' : '', end].filter(Boolean).join(', ');
}

/** What was decided, as people say it. */
export function verdictOf({ state, decision }: Pick<IdleReport, 'state' | 'decision'>): string {
  if (state === 'off') return 'Nothing follows';
  if (state === 'frozen') return 'Frozen: it keeps its memory and wakes at the next visit';
  if (decision === 'warn') return 'About to be stopped';
  return state === 'used' ? 'In use' : 'Not in use';
}

const ignoredWords: Readonly<Record<string, string>> = {
  bot: 'by robots', probe: 'probes and health checks', prefetch: 'fetched on a guess', 'not-let-in': 'by people who are not let in',
  anonymous: 'by visitors whom nobody knows', head: 'HEAD and OPTIONS', path: 'on paths that do not count', redirect: 'redirects',
  refused: 'refused', failed: 'failed', message: 'messages that do not count',
};

/** "412 by robots, 9,000 probes and health checks". */
export const ignoredOf = (ignored: IdleReport['ignored']) =>
  ignored.map(({ kind, count }) => `${count.toLocaleString('en')} ${ignoredWords[kind] ?? kind}`).join(', ');
