import type { Task, Usage } from '../api/tasks';

/** What a task used at the times at which it was asked, the oldest first. */
export interface Course {
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
}

/** A task and its course. */
export interface Observed {
  readonly task: Task;
  readonly course: Course;
}

const none: Course = { cpu: [], memory: [] };
const mostSamples = 40;
const mostTasks = 1_000;
const apartMs = 2_000;

/**
 * Remembers what tasks used, for as long as the window is there: each answer of the hub, at a time in milliseconds, is a sample. Answers in quick
 * succession are one sample. Of very many tasks those that were seen longest ago are forgotten.
 */
export function courseMeter(): (tasks: readonly Task[], at: number) => Observed[] {
  const known = new Map<string, { readonly at: number; readonly attempt: number; readonly course: Course }>();
  return (tasks, at) => tasks.map((task) => {
    const before = known.get(task.id);
    known.delete(task.id);
    if (!task.usage) return { task, course: none };
    const last = before?.attempt === task.attempt ? before : undefined;
    const now = last && at - last.at < apartMs ? last : { at, attempt: task.attempt, course: longer(last?.course ?? none, task.usage) };
    known.set(task.id, now);
    for (const id of known.keys()) {
      if (known.size <= mostTasks) break;
      known.delete(id);
    }
    return { task, course: now.course };
  });
}

function longer(course: Course, { cpu, memoryBytes }: Usage): Course {
  return {
    cpu: [...course.cpu, cpu ?? 0].slice(-mostSamples),
    memory: [...course.memory, memoryBytes ?? 0].slice(-mostSamples),
  };
}

/**
 * The points of a line through values, the newest at the right, in a box of so many units. `most` is the value at the top; what is above it is
 * drawn there.
 */
export function pointsOf(values: readonly number[], most: number, width: number, height: number): string {
  if (values.length < 2) return '';
  const step = width / (mostSamples - 1);
  const first = width - step * (values.length - 1);
  return values
    .map((value, at) => {
      const part = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
      return `${(first + step * at).toFixed(1)},${(height - part * height).toFixed(1)}`;
    })
    .join(' ');
}
