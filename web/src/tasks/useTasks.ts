import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { tasksApi, type Task } from '../api/tasks';
import type { Liveness } from '../tunnels/events';
import { useEvents } from '../tunnels/useEvents';
import { useReread } from '../tunnels/useReread';
import { courseMeter, type Observed } from './usage';

// Runners say what is used every ten seconds, and at once what became of a task.
const sampleEveryMs = 5_000;

export const tasksKey = ['tasks'];
export const taskKey = (id: string) => ['tasks', 'one', id];
export const idleKey = (id: string) => ['tasks', 'idle', id];
// Of the window and not of a page: going from one to the other loses no course.
const meter = courseMeter();
const observe = (tasks: readonly Task[]) => meter(tasks, performance.now());

export const listKey = (all: boolean) => ['tasks', 'list', all];

/** Tasks as they are now: their states by events, what they use every five seconds. */
export function useTasks(all: boolean): { readonly query: UseQueryResult<Observed[]>; readonly liveness: Liveness } {
  const again = useReread(listKey(all), true);
  const liveness = useEvents('', { task: again }, again);
  const query = useQuery({ queryKey: listKey(all), queryFn: async () => observe(await tasksApi.list(all)), refetchInterval: sampleEveryMs });
  return { query, liveness };
}

/** One task, likewise. */
export function useTask(id: string): { readonly query: UseQueryResult<Observed>; readonly liveness: Liveness } {
  const again = useReread(taskKey(id));
  const liveness = useEvents('', {
    task: (data) => {
      if ((data as { readonly id?: string }).id === id) again();
    },
  }, again);
  const query = useQuery({
    queryKey: taskKey(id),
    queryFn: async () => {
      const task = await tasksApi.find(id);
      return observe([task])[0] ?? { task, course: { cpu: [], memory: [] } };
    },
    refetchInterval: sampleEveryMs,
  });
  return { query, liveness };
}
