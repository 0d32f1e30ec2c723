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

const freezeIsNearMs = 2 * minute * 1000;

/** An end that is so near that people are told: `demo is stopped in 9 min, because nobody uses it`. */
export interface NearEnd {
  readonly verb: string;
  /** In milliseconds of the epoch; undefined where nobody knows. */
  readonly at: number | undefined;
  readonly why: string;
  /** Whether keeping it puts that off. */
  readonly isPutOff: boolean;
}

/** What is about to become of a task for want of use, or of its age; undefined for nothing. */
export function nearEndOf({ idle, state }: Pick<Task, 'idle' | 'state'>, now: number): NearEnd | undefined {
  if (!idle || state !== 'ready') return undefined;
  if (idle.isWarned) {
    return {
      verb: idle.isFrozen ? 'is frozen, and is stopped' : 'is stopped', at: idle.stopsAt ? Date.parse(idle.stopsAt) : undefined,
      ...(idle.isOfAge ? { why: 'used or not: its template lets it go on no longer', isPutOff: false } : { why: 'because nobody uses it', isPutOff: true }),
    };
  }
  const freezes = idle.freezesAt && !idle.isFrozen ? Date.parse(idle.freezesAt) : undefined;
  if (freezes === undefined || freezes - now > freezeIsNearMs) return undefined;
  return { verb: 'is frozen', at: freezes, why: 'because nobody uses it: it halts where it is, and goes on at the next visit', isPutOff: true };
}

/** For how long somebody has kept it, in seconds: no longer than its template lets it go on. */
export function keptFor({ extension, isOfAge, stopsAt }: Pick<IdleReport, 'extension' | 'isOfAge' | 'stopsAt'>, now: number): { readonly seconds: number; readonly isCut: boolean } | undefined {
  if (!extension) return undefined;
  const [until, end] = [Date.parse(extension.until), isOfAge && stopsAt ? Date.parse(stopsAt) : Number.POSITIVE_INFINITY];
  return { seconds: (Math.min(until, end) - now) / 1000, isCut: end < until };
}

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
