import type { Task, TaskState } from '../api/tasks';

/** A state of a start. */
export interface Step {
  readonly state: TaskState;
  readonly at: string;
  /** How long it was in it, in milliseconds; undefined for the state it is in. */
  readonly ms: number | undefined;
  /** That as a part of the longest, from 0 to 1. */
  readonly part: number;
  readonly isNow: boolean;
}

/** The states of the last start with their times. Being ready is what it is for and not a part of the start, so the bars do not count it. */
export function stepsOf({ steps }: Pick<Task, 'steps'>): readonly Step[] {
  const took = steps.map(({ state, at }, place) => {
    const next = steps[place + 1];
    return { state, at, ms: next ? Math.max(0, Date.parse(next.at) - Date.parse(at)) : undefined };
  });
  const longest = Math.max(1, ...took.filter(({ state }) => state !== 'ready').map(({ ms }) => ms ?? 0));
  return took.map((step, place) => ({ ...step, part: Math.min(1, (step.ms ?? 0) / longest), isNow: place === took.length - 1 }));
}
