import type { Quota, QuotaLimits, UsageCost, UsageFilter } from '../api/usage';
import { memory as sizeOf } from '../design/words';
import { bytesOf } from '../tasks/launch';

export const ways = ['user', 'project', 'template', 'runner', 'task'] as const;
export type Way = (typeof ways)[number];

export const wayWords: Readonly<Record<Way, string>> = { user: 'User', project: 'Project', template: 'Template', runner: 'Runner', task: 'Task' };

export const times = [['', 'This month'], ['last-month', 'Last month'], ['1d', 'Last 24 hours'], ['7d', 'Last 7 days'], ['30d', 'Last 30 days'], ['365d', 'Last 12 months']] as const;

/** From when to when, for the hub; months are those of UTC. Nothing is this month. */
export function spanOf(time: string, now: number): UsageFilter {
  if (/^\d+d$/.test(time)) return { from: time };
  if (time !== 'last-month') return {};
  const at = new Date(now);
  const first = (back: number) => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - back, 1)).toISOString().slice(0, 10);
  return { from: first(1), to: first(0) };
}

/** 0.004 → "0.004", 12.345 → "12.3", 1234.5 → "1,235". */
export const amountOf = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 0.1 ? 4 : value < 10 ? 2 : value < 100 ? 1 : 0 });

/** "12.30 EUR"; what is small has more digits. */
export const moneyOf = (amount: number, currency: string | null | undefined) =>
  `${amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: amount > 0 && amount < 0.1 ? 4 : 2 })}${currency ? ` ${currency}` : ''}`;

/** "3.20 EUR + 1.00 CHF"; undefined where nothing has a price. */
export const costsOf = (costs: readonly UsageCost[]) => (costs.length === 0 ? undefined : costs.map(({ amount, currency }) => moneyOf(amount, currency)).join(' + '));

/** One limit of a quota, and how much of it is used; without a limit only that. */
export interface Share {
  readonly name: string;
  readonly limit: number | undefined;
  readonly used: number | undefined;
  readonly words: (value: number) => string;
}

/** The limits that a quota has, in their order. */
export function sharesOf(quota: Quota): readonly Share[] {
  const { used } = quota;
  const all = [
    { name: 'Tasks', limit: quota.tasks, used: used?.tasks, words: amountOf },
    { name: 'Cores', limit: quota.cpu, used: used?.cpu, words: amountOf },
    { name: 'Memory', limit: quota.memoryBytes, used: used?.memoryBytes, words: (value: number) => (value === 0 ? '0' : sizeOf(value)) },
    { name: 'GPUs', limit: quota.gpus, used: used?.gpus, words: amountOf },
    { name: 'GPU hours this month', limit: quota.gpuHours, used: used?.gpuHours, words: amountOf },
    { name: 'Storage', limit: quota.storageBytes, used: used?.storageBytes ?? undefined, words: (value: number) => (value === 0 ? '0' : sizeOf(value)) },
  ];
  return all.flatMap(({ limit, ...rest }) => (limit === null || limit === undefined ? [] : [{ ...rest, limit }]));
}

/** The limits as somebody types them; nothing for no limit. */
export type LimitDraft = Readonly<Record<'tasks' | 'cpu' | 'memory' | 'gpus' | 'gpuHours' | 'storage', string>>;

export const emptyLimits: LimitDraft = { tasks: '', cpu: '', memory: '', gpus: '', gpuHours: '', storage: '' };

export function draftOf(quota: Quota): LimitDraft {
  const text = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value));
  const size = (value: number | null | undefined) => (value === null || value === undefined ? '' : exactSizeOf(value));
  return { tasks: text(quota.tasks), cpu: text(quota.cpu), memory: size(quota.memoryBytes), gpus: text(quota.gpus), gpuHours: text(quota.gpuHours), storage: size(quota.storageBytes) };
}

/** What is wrong with a draft, by field. */
export function limitRefusals(draft: LimitDraft): Readonly<Partial<Record<keyof LimitDraft, string>>> {
  const number = (text: string, whole: boolean) => (text.trim() === '' || (whole ? /^\s*\d{1,9}\s*$/ : /^\s*\d{1,9}(\.\d+)?\s*$/).test(text) ? undefined : whole ? 'A whole number of 0 or more, or nothing.' : 'A number of 0 or more, or nothing.');
  const size = (text: string) => (text.trim() === '' || text.trim() === '0' || bytesOf(text) !== undefined ? undefined : 'A size with its unit: 512 MiB, 64 GiB, 128 GB.');
  const all = { tasks: number(draft.tasks, true), cpu: number(draft.cpu, false), memory: size(draft.memory), storage: size(draft.storage), gpus: number(draft.gpus, true), gpuHours: number(draft.gpuHours, false) };
  return Object.fromEntries(Object.entries(all).filter((entry) => entry[1] !== undefined));
}

/** What is asked of the hub; nothing for no limit. */
export function limitsOf(draft: LimitDraft): QuotaLimits {
  const number = (text: string) => (text.trim() === '' ? undefined : Number(text));
  const [tasks, cpu, gpus, gpuHours] = [number(draft.tasks), number(draft.cpu), number(draft.gpus), number(draft.gpuHours)];
  const size = (text: string) => (text.trim() === '0' ? 0 : bytesOf(text));
  const [memoryBytes, storageBytes] = [size(draft.memory), size(draft.storage)];
  return {
    ...(tasks !== undefined && { tasks }), ...(cpu !== undefined && { cpu }), ...(memoryBytes !== undefined && { memoryBytes }),
    ...(gpus !== undefined && { gpus }), ...(gpuHours !== undefined && { gpuHours }), ...(storageBytes !== undefined && { storageBytes }),
  };
}

/** A size that reads back as the very same: "64 GiB", "1.5 GiB", "500 MB", or its bytes in kB. */
function exactSizeOf(bytes: number): string {
  if (bytes === 0) return '0';
  for (const [unit, size] of [['TiB', 2 ** 40], ['GiB', 2 ** 30], ['MiB', 2 ** 20], ['GB', 1e9], ['MB', 1e6]] as const) {
    const value = Math.round((bytes / size) * 1000) / 1000;
    if (value >= 1 && bytesOf(`${String(value)} ${unit}`) === bytes) return `${String(value)} ${unit}`;
  }
  return `${String(bytes / 1000)} kB`;
}
