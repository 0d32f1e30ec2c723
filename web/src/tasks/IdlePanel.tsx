import { useQuery } from '@tanstack/react-query';
import { tasksApi, type IdleReport, type Task } from '../api/tasks';
import { Button } from '../design/Button';
import { Moment, useNow } from '../design/Moment';
import { Badge, Panel } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { ignoredOf, inSpan, keptFor, spanOf, termsSentenceOf, verdictOf } from './idle';
import { KeepButton, useKeep } from './Keep';
import { idleKey } from './useTasks';
import './idle.css';

const lookEveryMs = 15_000;
const daySeconds = 24 * 3600;

/** Whether a session that is ready counts as used, by what, and what becomes of it when it does not. */
export function IdlePanel({ task }: { readonly task: Task }) {
  const query = useQuery({ queryKey: [...idleKey(task.id), task.attempt], queryFn: () => tasksApi.idle(task.id), refetchInterval: lookEveryMs });
  const mayChange = task.may?.includes('change') ?? false;
  const isKept = query.data?.extension !== null && query.data?.extension !== undefined;
  return (
    <Panel title="When nobody uses it" lead={query.data && termsSentenceOf(query.data.terms)}
      actions={mayChange && query.data && <Keeping task={task} isKept={isKept} isPutOff={!query.data.isOfAge || query.data.next === 'freeze'} />}>
      <Loaded query={query} lines={3}>{(report) => <Report report={report} task={task} />}</Loaded>
    </Panel>
  );
}

/** Offers to keep it only where that puts off what comes next, which its age does not let it. */
function Keeping({ task, isKept, isPutOff }: { readonly task: Task; readonly isKept: boolean; readonly isPutOff: boolean }) {
  const keep = useKeep(task);
  return (
    <>
      {isPutOff && <KeepButton task={task} />}
      {isPutOff && <Button size="small" busy={keep.busy} onClick={() => void keep.run(daySeconds)}>For a day</Button>}
      {isKept && <Button size="small" busy={keep.busy} onClick={() => void keep.run(0)}>No longer</Button>}
    </>
  );
}

function Report({ report, task }: { readonly report: IdleReport; readonly task: Task }) {
  const now = useNow();
  const { lease } = report;
  const kept = keptFor(report, now);
  // By what the rest of the page counts down to: a report of another moment may name another second.
  const stopsAt = task.idle?.stopsAt ?? report.stopsAt;
  const at = report.next === 'freeze' ? task.idle?.freezesAt ?? report.at : stopsAt ?? report.at;
  return (
    <div className="stack">
      <div className="idle-now">
        <Badge tone={report.warned ? 'warn' : report.state === 'used' ? 'ok' : report.state === 'frozen' ? 'info' : undefined}>{verdictOf(report)}</Badge>
        <span>{sentence(report.reason)}</span>
      </div>
      {report.next && at && (
        <p>
          {report.isOfAge && report.next !== 'freeze' ? 'Used or not, it is stopped' : `Without use it is ${report.next === 'freeze' ? 'frozen' : 'stopped'}`} <strong title={new Date(at).toLocaleString('en')}>{inSpan(Date.parse(at), now)}</strong>
          {report.next === 'freeze' && stopsAt && <>, and stopped <strong>{inSpan(Date.parse(stopsAt), now)}</strong>{report.isOfAge && ', used or not'}</>}.
        </p>
      )}
      {kept && <Notice kind="ok">It is kept for {spanOf(kept.seconds)}, used or not: {report.extension?.reason ?? 'somebody asked for it'}.{kept.isCut && ' Then its template stops it.'}</Notice>}
      {lease && <Notice kind="ok">The program in it asked to be kept for {spanOf((Date.parse(lease.until) - now) / 1000)}{lease.reason && `: ${lease.reason}`}.</Notice>}
      <Signals signals={report.signals} />
      {report.ignored.length > 0 && <p className="faint">Not counted since the hub started: {ignoredOf(report.ignored)}.</p>}
      {report.history.length > 0 && <History history={report.history} />}
    </div>
  );
}

function Signals({ signals }: { readonly signals: IdleReport['signals'] }) {
  return (
    <ul className="signals" aria-label="What is looked at">
      {signals.map((signal) => (
        <li key={signal.class}>
          <span className="row"><strong>{signal.class}</strong>{signal.decides && <Badge tone="accent">decides</Badge>}</span>
          <span className="numeric"><Moment at={signal.last} /></span>
          <span className="muted">{sentence(signal.detail)}</span>
        </li>
      ))}
    </ul>
  );
}

function History({ history }: { readonly history: IdleReport['history'] }) {
  return (
    <details className="idle-history">
      <summary>What was decided before</summary>
      <ol className="stack tight">
        {history.map(({ at, decision, reason }, place) => (
          <li key={place}><span className="faint"><Moment at={at} /></span><Badge tone={decision === 'stop' ? 'danger' : decision === 'warn' ? 'warn' : undefined}>{decision}</Badge><span>{reason}</span></li>
        ))}
      </ol>
    </details>
  );
}

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
