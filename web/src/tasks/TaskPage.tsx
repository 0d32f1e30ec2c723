import { useLocation } from 'wouter';
import type { Task } from '../api/tasks';
import { Elsewhere } from '../design/Button';
import { CopyButton } from '../design/Copy';
import { useNow } from '../design/Moment';
import { Figures, Page, Tabs } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { by24, memory } from '../design/words';
import { Live } from '../tunnels/parts';
import { AboutTask } from './AboutTask';
import { nearEndOf, spanOf } from './idle';
import { Logs } from './Logs';
import { NearEndNotice } from './NearEnd';
import { OpenTask, StateBadge, TaskActions } from './parts';
import { Sparkline } from './Sparkline';
import type { Observed } from './usage';
import { useTask } from './useTasks';
import { coresOf, hasEnded, isMoving, placeOf, resourcesOf, situationOf } from './words';

/** One task: how it is, what it is, what it writes. */
export default function TaskPage({ id, part }: { readonly id: string; readonly part: string }) {
  const { query, liveness } = useTask(id);
  const [, go] = useLocation();
  const task = query.data?.task;
  return (
    <Page
      title={task?.name ?? 'Task'}
      crumb={{ to: '/tasks', text: 'Tasks' }}
      heading={<span className="row">{task?.name ?? 'Task'}{task && <StateBadge task={task} />}</span>}
      lead={task && <Lead task={task} />}
      actions={task && <><Live liveness={liveness} /><OpenTask task={task} /><TaskActions task={task} onGone={() => go('/tasks')} /></>}
    >
      <Loaded query={query} lines={6}>
        {(observed) => <Parts observed={observed} part={part} />}
      </Loaded>
    </Page>
  );
}

function Until({ at }: { readonly at: string }) {
  const now = useNow();
  return <time dateTime={at} title={new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium', ...by24 })}>{spanOf((Date.parse(at) - now) / 1000)}</time>;
}

function Lead({ task }: { readonly task: Task }) {
  return (
    <span className="row">
      {task.url
        ? <>{answers(task.state) ? <Elsewhere href={task.url} className="truncate">{task.url.replace(/\/$/, '')}</Elsewhere> : <span className="truncate">{task.url.replace(/\/$/, '')}</span>}<CopyButton text={task.url} label="Copy the address" /></>
        : <span>{task.template}, {task.kind === 'job' ? 'a command that ends by itself' : 'without an address'}</span>}
    </span>
  );
}

/** Whether something answers at its address that is worth a look: the application, or the page that says how far its start is. */
const answers = (state: Task['state']) => state === 'ready' || (isMoving(state) && state !== 'stopping');

function Parts({ observed, part }: { readonly observed: Observed; readonly part: string }) {
  const { task, course } = observed;
  const at = `/tasks/${task.id}`;
  const { usage } = task;
  return (
    <>
      <Situation task={task} />
      {!hasEnded(task.state) && (
        <Figures items={[
          ['cores in use', usage ? <span className="gauge"><span>{coresOf(usage.cpu ?? 0)}</span><Sparkline values={course.cpu} most={task.resources.cpu} /></span> : '–'],
          ['memory in use', usage ? <span className="gauge"><span>{memory(usage.memoryBytes ?? 0)}</span><Sparkline values={course.memory} most={task.resources.memoryBytes} /></span> : '–'],
          ...(task.state === 'ready' && task.idle?.stopsAt ? [[task.idle.isOfAge ? 'until it is stopped, used or not' : 'until it is stopped, if unused', <Until key="until" at={task.idle.stopsAt} />] as const] : []),
          ...(task.resources.gpus ? [['of its GPUs', usage?.gpu === null || usage?.gpu === undefined ? '–' : `${String(Math.round(usage.gpu * 100))}%`] as const] : []),
        ]} />
      )}
      <Tabs label={`Parts of ${task.name}`} items={[{ to: at, text: 'About' }, { to: `${at}/logs`, text: 'Logs' }]} current={part === 'logs' ? `${at}/logs` : at} />
      {part === 'logs' ? <Logs task={task} /> : <AboutTask task={task} />}
    </>
  );
}

/** What there is to say of a state, and what can be done about it. */
function Situation({ task }: { readonly task: Task }) {
  const end = nearEndOf(task, useNow());
  const situation = situationOf(task);
  if (task.state === 'failed') {
    return (
      <Notice kind="danger">
        <strong>It failed{situation && `: ${situation}`}</strong>
        {task.lastLines && task.lastLines.length > 0 && <pre className="last-lines" tabIndex={0} aria-label="The last lines that it wrote">{task.lastLines.join('\n')}</pre>}
      </Notice>
    );
  }
  if (task.state === 'lost' && task.progress) return <Notice kind="warn">It was told to end and {task.progress}. It ends when the runner comes back.</Notice>;
  if (task.state === 'lost') {
    return <Notice kind="warn">Its runner{task.runner && ` ${task.runner}`} is not heard of. It may still run there, and is taken up again when the runner comes back. If it is started again meanwhile, it runs on another runner.</Notice>;
  }
  if (task.state === 'queued') {
    return <Notice kind="warn">It waits for {resourcesOf(task.resources)}{task.queue && `, ${placeOf(task.queue.position)}`}{task.queue ? `: ${task.queue.reason}` : '.'}</Notice>;
  }
  if (task.state === 'ready') {
    return (
      <>
        <div className="warnings" role="status">{end && <NearEndNotice task={task} end={end} isHere />}</div>
        {situation && <Notice kind="warn">{situation}</Notice>}
      </>
    );
  }
  if (isMoving(task.state)) return <Notice>{situation || waits[task.state] || 'It is on its way.'}</Notice>;
  return situation ? <Notice>{situation}</Notice> : null;
}

const waits: Readonly<Partial<Record<Task['state'], string>>> = {
  scheduled: 'A runner was chosen and takes it up.',
  preparing: 'The runner fetches what it needs.',
  starting: 'It runs, and does not answer yet. This page says when it does.',
  stopping: 'It was told to end.',
};
