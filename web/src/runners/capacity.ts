import type { Runner } from '../api/runners';
import { memory } from '../design/words';
import { coresOf } from '../tasks/words';

/** One thing that a runner has: how much of it is promised to tasks, and how much is in use by everything there. */
export interface Capacity {
  readonly name: string;
  readonly all: number;
  readonly reserved: number;
  /** Undefined while nobody knows. */
  readonly used: number | undefined;
  readonly words: (value: number) => string;
}

/** What a runner has; nothing before it was ever heard. */
export function capacitiesOf({ facts, usage, reserved, isUp }: Pick<Runner, 'facts' | 'usage' | 'reserved' | 'isUp'>): readonly Capacity[] {
  if (!facts) return [];
  const now = isUp ? usage : undefined;
  const busy = now?.gpus?.length ? now.gpus.reduce((sum, one) => sum + one, 0) : undefined;
  return [
    { name: 'Cores', all: facts.cpus, reserved: reserved.cpu ?? 0, used: now?.cpu, words: (value) => (Number.isInteger(value) ? value.toLocaleString('en') : coresOf(value)) },
    { name: 'Memory', all: facts.memoryBytes, reserved: reserved.memoryBytes ?? 0, used: now?.memoryBytes, words: (value) => (value === 0 ? '0' : memory(value)) },
    ...(facts.gpus?.length ? [{ name: 'GPUs', all: facts.gpus.length, reserved: reserved.gpus ?? 0, used: busy, words: (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1)) }] : []),
  ];
}

const everyRunners: ReadonlySet<string> = new Set(['name', 'os', 'arch']);

/** Its labels but for those that every runner has: "gpu=a100, room=cellar". */
export const labelLineOf = ({ labels }: Pick<Runner, 'labels'>) => Object.entries(labels).flatMap(([key, value]) => (everyRunners.has(key) ? [] : [`${key}=${value}`])).join(', ');

/** How full it is, in a line: "0.50/2 cores, 1 GiB/23.5 GiB, 1/4 GPUs". */
export const reservedLineOf = (runner: Pick<Runner, 'facts' | 'usage' | 'reserved' | 'isUp'>) =>
  capacitiesOf(runner).map(({ name, all, reserved, words }) => {
    const one = name === 'Cores' ? ' core' : ' GPU';
    return `${words(reserved)}/${words(all)}${name === 'Memory' ? '' : all === 1 ? one : `${one}s`}`;
  }).join(', ') || 'not heard yet';

/** A label that some runners have. */
export interface KnownLabel {
  readonly key: string;
  readonly value: string;
  /** How many of them. */
  readonly runners: number;
}

/** The labels that can be asked for, with how many runners have each; not the name, and no system or architecture that all of them have. */
export function knownLabels(runners: readonly Pick<Runner, 'labels'>[]): readonly KnownLabel[] {
  const found = new Map<string, KnownLabel>();
  for (const { labels } of runners) {
    for (const [key, value] of Object.entries(labels)) {
      if (key !== 'name') found.set(`${key}=${value}`, { key, value, runners: (found.get(`${key}=${value}`)?.runners ?? 0) + 1 });
    }
  }
  return [...found.values()].filter((one) => !everyRunners.has(one.key) || one.runners < runners.length)
    .sort((a, b) => a.key.localeCompare(b.key, 'en') || a.value.localeCompare(b.value, 'en'));
}

/** Where a runner is, in a word. */
export function standingOf({ isUp, isDraining, isCordoned }: Pick<Runner, 'isUp' | 'isDraining' | 'isCordoned'>): 'down' | 'draining' | 'cordoned' | 'up' {
  return !isUp ? 'down' : isDraining ? 'draining' : isCordoned ? 'cordoned' : 'up';
}

/** Whose tasks may start on a runner. */
export const usersOf = ({ isPrivate, owner }: Pick<Runner, 'isPrivate' | 'owner'>) => (isPrivate ? `only ${owner}` : 'everybody');

const word = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;

/** KEY=VALUE by line; undefined when a line is not of that form or a key is there twice. */
export function labelsOf(text: string): Readonly<Record<string, string>> | undefined {
  const read: Record<string, string> = {};
  for (const line of text.split('\n').map((one) => one.trim()).filter(Boolean)) {
    const at = line.indexOf('=');
    const [key, value] = at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    if (at < 0 || !word.test(key) || Object.hasOwn(read, key)) return undefined;
    read[key] = value;
  }
  return read;
}

/** Labels and taints as they are written and read: one on each line. */
export const linesOfLabels = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([key, value]) => `${key}=${value}`).join('\n');
export const linesOfTaints = (taints: readonly { readonly key: string; readonly value?: string | null }[]) => taints.map(({ key, value }) => (value ? `${key}=${value}` : key)).join('\n');

/** KEY or KEY=VALUE by line. */
export function taintsOf(text: string): readonly { readonly key: string; readonly value?: string }[] | undefined {
  const read: { readonly key: string; readonly value?: string }[] = [];
  for (const line of text.split('\n').map((one) => one.trim()).filter(Boolean)) {
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    if (!word.test(key)) return undefined;
    read.push(at < 0 ? { key } : { key, value: line.slice(at + 1) });
  }
  return read;
}

/** The line that makes a machine a runner. What a shell would take apart is quoted. */
export function runnerLineOf({ hub, token, name, labels }: { readonly hub: string; readonly token: string; readonly name: string; readonly labels: Readonly<Record<string, string>> }): string {
  const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const flags = [...(name ? [`--name ${quoted(name)}`] : []), ...Object.entries(labels).map(([key, value]) => `--label ${quoted(`${key}=${value}`)}`)];
  return [`ADIT_HUB=${quoted(hub)}`, `ADIT_TOKEN=${quoted(token)}`, 'adit runner', ...flags].join(' ');
}

/** Whether tasks of everybody run as the hub's own user there, who can read all that the hub keeps. */
export const isSharedHubUser = ({ isPrivate, facts }: Pick<Runner, 'isPrivate' | 'facts'>) => !isPrivate && facts?.isHubUser === true;
