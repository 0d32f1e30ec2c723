import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Task } from '../api/tasks';
import { useSecondsTo } from '../design/Moment';
import { Notice } from '../design/States';
import { spanOf, type NearEnd } from './idle';
import { KeepButton } from './Keep';

/** Says that a task is about to be stopped or frozen, counts down to it, and keeps it for who may. It stays until the task is kept, used, or ends. */
export function NearEndNotice({ task, end, isHere = false, children }: {
  readonly task: Task;
  readonly end: NearEnd;
  /** On its own page, which need not say which it is. Anywhere else the button says it, since others may stand beside it. */
  readonly isHere?: boolean;
  readonly children?: ReactNode;
}) {
  return (
    <Notice kind="warn">
      <span>
        {isHere ? 'It' : <Link to={`/tasks/${task.id}`} className="inline">{task.name}</Link>} {end.verb} {end.at === undefined ? 'soon' : <Countdown to={end.at} />}, {end.why}.
        {!end.isPutOff && ' Save what is in it; then it can be started again.'}
      </span>
      {end.isPutOff && task.may?.includes('change') && <KeepButton task={task} primary={isHere} named={!isHere} />}
      {children}
    </Notice>
  );
}

// Where it stands, screen readers are told what appears. They are not told each second.
function Countdown({ to }: { readonly to: number }) {
  const seconds = useSecondsTo(to);
  return <time className="nowrap numeric" dateTime={new Date(to).toISOString()} aria-live="off">{seconds <= 0 ? 'now' : `in ${spanOf(seconds)}`}</time>;
}
