import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tasksApi, type Task } from '../api/tasks';
import { Button, Elsewhere, IconButton } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { Icon } from '../design/Icon';
import { useNow } from '../design/Moment';
import { Badge } from '../design/Page';
import { memory } from '../design/words';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { fateOf } from './idle';
import { Sparkline } from './Sparkline';
import type { Observed } from './usage';
import { tasksKey } from './useTasks';
import { coresOf, hasEnded, isMoving, stateWordOf, toneOf } from './words';
import './idle.css';
import './tasks.css';

export function StateBadge({ task }: { readonly task: Pick<Task, 'state' | 'kind' | 'exitCode'> }) {
  return <Badge tone={toneOf[task.state]}>{isMoving(task.state) && <span className="pulse" aria-hidden="true" />}{stateWordOf(task)}</Badge>;
}

/** When it is stopped if nobody uses it, where that is near enough to matter. */
export function Fate({ task }: { readonly task: Pick<Task, 'state' | 'idle'> }) {
  const fate = fateOf(task, useNow());
  return fate ? <span className={task.idle?.isWarned ? 'fate warned' : 'fate'}>{fate}</span> : null;
}

/** A value that changes, and its course. */
function Gauge({ text, values, most, label }: { readonly text: string; readonly values: readonly number[]; readonly most: number | null | undefined; readonly label: string }) {
  return (
    <span className="gauge" title={label}>
      <Sparkline values={values} most={most} />
      <span className="numeric">{text}</span>
    </span>
  );
}

export function CpuGauge({ task, course }: Observed) {
  if (!task.usage) return <span className="faint">–</span>;
  return <Gauge text={coresOf(task.usage.cpu ?? 0)} values={course.cpu} most={task.resources.cpu} label="Cores in use; the top of the line is what is reserved" />;
}

export function MemoryGauge({ task, course }: Observed) {
  if (!task.usage) return <span className="faint">–</span>;
  return <Gauge text={memory(task.usage.memoryBytes ?? 0)} values={course.memory} most={task.resources.memoryBytes} label="Memory in use; the top of the line is what is reserved" />;
}

/** Leads to what a task serves, once it answers. */
export function OpenTask({ task, small = false }: { readonly task: Task; readonly small?: boolean }) {
  if (!task.url || task.state !== 'ready') return null;
  return (
    <Elsewhere className={small ? 'button small' : 'button primary'} href={task.url} aria-label={small ? `Open ${task.name}` : undefined}>
      <Icon name="open" size={16} /> Open
    </Elsewhere>
  );
}

/** Stop, restart, remove: what fits the state, for who may; in a table as pictures. */
export function TaskActions({ task, small = false, onGone }: { readonly task: Task; readonly small?: boolean; readonly onGone?: () => void }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'stop' | 'restart' | 'remove'>();
  const restart = useAction(async () => {
    try {
      await tasksApi.restart(task.id);
      toast(`${task.name} starts anew.`);
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), 'danger');
    }
  }, [tasksKey]);
  if (!task.may?.includes('change')) return null;
  const isOver = hasEnded(task.state);
  const mayStop = !isOver && task.isWanted;
  const mayRestart = task.state !== 'stopping' && task.state !== 'queued';
  return (
    <>
      {small ? (
        <>
          {mayStop && <IconButton small icon="stop" label={`Stop ${task.name}…`} onClick={() => setAsked('stop')} />}
          {isOver && <IconButton small icon="replay" label={`Start ${task.name} again`} aria-disabled={restart.busy || undefined} onClick={() => void restart.run()} />}
          {isOver && <IconButton small icon="cross" label={`Remove ${task.name}…`} onClick={() => setAsked('remove')} />}
        </>
      ) : (
        <>
          {mayStop && <Button icon="stop" onClick={() => setAsked('stop')}>Stop…</Button>}
          {mayRestart && (isOver
            ? <Button icon="replay" busy={restart.busy} onClick={() => void restart.run()}>Start again</Button>
            : <Button icon="replay" onClick={() => setAsked('restart')}>Restart…</Button>)}
          {isOver && <Button kind="danger" onClick={() => setAsked('remove')}>Remove…</Button>}
        </>
      )}
      {asked === 'stop' && (
        <Confirm title={`Stop ${task.name}?`} action="Stop it" onClose={() => setAsked(undefined)} onConfirm={async () => {
          await tasksApi.stop(task.id);
          await queries.invalidateQueries({ queryKey: tasksKey });
        }}>
          What it has not written to a file is lost. {task.kind === 'job' ? 'A job that has ended gives up its name: launch it anew to have it again.' : 'It keeps its name and address, and can be started again.'}
        </Confirm>
      )}
      {asked === 'restart' && (
        <Confirm title={`Restart ${task.name}?`} action="Restart it" onClose={() => setAsked(undefined)} onConfirm={async () => {
          await tasksApi.restart(task.id);
          toast(`${task.name} starts anew.`);
          await queries.invalidateQueries({ queryKey: tasksKey });
        }}>
          {task.state === 'lost'
            ? 'Its runner is not heard of, and it may still run there. What it has not written to a file is lost when that ends.'
            : 'It is stopped and begins anew. What it has not written to a file is lost.'}
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm title={`Remove ${task.name}?`} action="Remove it" onClose={() => setAsked(undefined)} onConfirm={async () => {
          await tasksApi.remove(task.id);
          toast(`${task.name} was removed.`);
          onGone?.();
          await queries.invalidateQueries({ queryKey: tasksKey });
        }}>
          Its name{task.url && ' and address'} can be used again. {task.kind === 'session' && 'Files of its own on its runner are removed with it; those in a shared home stay. '}Its log is kept for a while.
        </Confirm>
      )}
    </>
  );
}

