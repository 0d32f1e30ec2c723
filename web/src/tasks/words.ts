import type { Resources, Task, TaskState } from '../api/tasks';
import { memory } from '../design/words';
import type { Tone } from '../design/Page';

/** How a state is coloured; what is under way is "info". */
export const toneOf: Readonly<Record<TaskState, Tone | undefined>> = {
  queued: 'warn', scheduled: 'info', preparing: 'info', starting: 'info', ready: 'ok', stopping: 'info', stopped: undefined, failed: 'danger', lost: 'warn',
};

/** Whether a task is on its way to run or to its end, so that what is said of it changes soon. */
export const isMoving = (state: TaskState) => state === 'queued' || state === 'scheduled' || state === 'preparing' || state === 'starting' || state === 'stopping';

/** Whether it is over. A lost task is not: it may still run. */
export const hasEnded = (state: TaskState) => state === 'stopped' || state === 'failed';

/** A state in a word: a job that ended by itself and well is done, and not stopped like one that somebody ended. */
export const stateWordOf = ({ state, kind, exitCode }: Pick<Task, 'state' | 'kind' | 'exitCode'>) => (state === 'stopped' && kind === 'job' && exitCode === 0 ? 'done' : state);

/** What people are told of a state: why it is so, its place, how far it is; empty when there is nothing to say. */
export function situationOf({ state, queue, progress, reason, exitCode }: Pick<Task, 'state' | 'queue' | 'progress' | 'reason' | 'exitCode'>): string {
  if (state === 'queued' && queue) return queue.position === 1 ? `next: ${queue.reason}` : `place ${queue.position.toLocaleString('en')}: ${queue.reason}`;
  if (progress && !hasEnded(state)) return progress; // A lost one that was told to end says what it waits for, one that is ready that its runner's disk is full.
  if (reason) return reason;
  return state === 'failed' && exitCode !== null && exitCode !== undefined ? `ended with ${String(exitCode)}` : '';
}

/** Where in the queue it is, in a sentence. */
export const placeOf = (position: number) => (position === 1 ? 'next in the queue' : `in place ${position.toLocaleString('en')} of the queue`);

/** 0.5 → "0.50", 1.25 → "1.25", 12.5 → "12.5". */
export const coresOf = (cores: number) => (cores < 9.995 ? cores.toFixed(2) : cores.toFixed(1));

/** "0.5 cores, 512 MiB, 1 GPU a100"; what is not said is left out. */
export function resourcesOf({ cpu, memoryBytes, gpus, gpuType }: Resources, none = 'nothing reserved'): string {
  return [
    cpu ? `${cpu.toLocaleString('en')} ${cpu === 1 ? 'core' : 'cores'}` : '',
    memoryBytes ? memory(memoryBytes) : '',
    gpus ? `${String(gpus)} ${gpus === 1 ? 'GPU' : 'GPUs'}${gpuType ? ` ${gpuType}` : ''}` : '',
  ].filter(Boolean).join(', ') || none;
}

/** How long something took, in milliseconds: "0.3 s", "42 s", "3 min 5 s", "2 h 10 min". */
export function tookOf(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 2880 ? `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min` : `${String(Math.floor(minutes / 1440))} d ${String(Math.floor(minutes / 60) % 24)} h`;
}

/** A command as one would type it: what a shell would take apart is quoted. */
export const commandLineOf = (command: readonly string[]) =>
  command.map((part) => (/^[\w@%+=:,./{}-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`)).join(' ');
