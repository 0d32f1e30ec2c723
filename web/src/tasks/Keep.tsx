import { useQueryClient } from '@tanstack/react-query';
import { tasksApi, type Task } from '../api/tasks';
import { Button, IconButton } from '../design/Button';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { keptFor, spanOf } from './idle';
import { idleKey, tasksKey } from './useTasks';

const usualSeconds = 4 * 3600;

/** Keeps a task for a while, used or not, and says so. */
export function useKeep(task: Pick<Task, 'id' | 'name'>) {
  const queries = useQueryClient();
  return useAction(async (seconds: number) => {
    try {
      const report = await tasksApi.extend(task.id, seconds);
      queries.setQueriesData({ queryKey: idleKey(task.id) }, report);
      toast(seconds === 0 ? `${task.name} is kept only while it is used.` : saidOf(task.name, seconds, keptFor(report, Date.now())));
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), 'danger');
    }
  }, [tasksKey]);
}

const saidOf = (name: string, seconds: number, kept: ReturnType<typeof keptFor>) => (
  kept?.isCut ? `${name} is kept for ${spanOf(kept.seconds)}: then its template stops it, used or not.` : `${name} is kept for ${spanOf(seconds)}, used or not.`
);

/** Keeps a task for four hours; in a table as a picture. */
export function KeepButton({ task, small = false, primary = false, named = false }: {
  readonly task: Pick<Task, 'id' | 'name'>;
  readonly small?: boolean;
  readonly primary?: boolean;
  /** Says which, where several stand together. */
  readonly named?: boolean;
}) {
  const keep = useKeep(task);
  const press = () => void keep.run(usualSeconds);
  if (small) return <IconButton small icon="clock" label={`Keep ${task.name} for 4 h`} aria-disabled={keep.busy || undefined} onClick={press} />;
  return <Button size="small" {...(primary && { kind: 'primary' })} busy={keep.busy} onClick={press}>{named ? `Keep ${task.name} for 4 h` : 'Keep for 4 h'}</Button>;
}
