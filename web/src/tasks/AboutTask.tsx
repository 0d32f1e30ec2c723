import { Link } from 'wouter';
import type { Task } from '../api/tasks';
import { Elsewhere } from '../design/Button';
import { Command, CopyButton } from '../design/Copy';
import { Moment } from '../design/Moment';
import { Facts, Panel } from '../design/Page';
import { moneyOf } from '../usage/usage';
import { IdlePanel } from './IdlePanel';
import { priceOf } from './launch';
import { stepsOf } from './steps';
import { WorkspacePanel } from './WorkspacePanel';
import { commandLineOf, resourcesOf, tookOf } from './words';

/** What a task is, how it came up, and where it is reached. */
export function AboutTask({ task }: { readonly task: Task }) {
  return (
    <>
      <Steps task={task} />
      {task.ports.length > 0 && (
        <Panel title="Ports" lead="Each is a tunnel: shared, embedded and looked into like any other.">
          <ul className="stack tight">
            {task.ports.map((port) => (
              <li key={port.name} className="row apart">
                <span className="row"><strong>{port.name}</strong>{port.url
                  ? <><Elsewhere href={port.url}>{port.url.replace(/\/$/, '')}</Elsewhere><CopyButton text={port.url} label={`Copy the address of ${port.name}`} /></>
                  : <><code>adit connect {port.tunnel}</code><CopyButton text={`adit connect ${port.tunnel}`} label={`Copy how to reach ${port.name}`} /></>}</span>
                <Link to={`/tunnels/${port.tunnel}/access`} className="inline">Who may use it</Link>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {task.workspace && <WorkspacePanel task={task} workspace={task.workspace} />}
      {task.kind === 'session' && task.state === 'ready' && <IdlePanel task={task} />}
      <Panel title="Facts">
        <Facts items={[
          ['Template', <span key="template"><Link to={`/templates/${task.template}`} className="inline">{task.template}</Link> <span className="faint">{task.templateVersion === 0 ? 'as shipped' : `version ${String(task.templateVersion)}`}</span></span>],
          ['Kind', task.kind === 'job' ? 'job: a command that ends by itself' : 'session: somebody works in it'],
          ['Owner', task.owner],
          task.project ? ['Project', <Link key="project" to={`/projects/${task.project}`} className="inline">{task.project}</Link>] : null,
          ['Runner', task.runner ? <Link key="runner" to={`/runners/${task.runner}`} className="inline">{task.runner}</Link> : 'none yet'],
          ['Reserved', resourcesOf(task.resources)],
          task.pricePerHour !== null && task.pricePerHour !== undefined && ['Price', `${priceOf(task.pricePerHour, task.currency)}; ${moneyOf(task.cost ?? 0, task.currency)} by now`],
          ['Made', <Moment key="made" at={task.created} />],
          task.ended ? ['Ended', <Moment key="ended" at={task.ended} />] : null,
          task.exitCode !== null && task.exitCode !== undefined ? ['Exit code', String(task.exitCode)] : null,
          task.attempt > 1 && ['Starts', String(task.attempt)],
          ['Id', <code key="id">{task.id}</code>],
        ]} />
      </Panel>
      {task.command.length > 0 && <Panel title="Command" lead="What the runner starts; it fills in what stands in double braces."><Command text={commandLineOf(task.command)} wrap /></Panel>}
    </>
  );
}

/** The states of the last start, and how long each took. */
function Steps({ task }: { readonly task: Task }) {
  const steps = stepsOf(task);
  if (steps.length === 0) return null;
  return (
    <Panel title={task.attempt > 1 ? 'The last start' : 'The start'}>
      <ol className="course">
        {steps.map(({ state, at, ms, part, isNow }, place) => (
          <li key={place}>
            <span className={`dot ${isNow ? (state === 'failed' ? 'danger' : 'ok') : ''}`} aria-hidden="true" />
            <span>{state}</span>
            <span className="numeric faint">{new Date(at).toLocaleTimeString('en', { hour12: false })}</span>
            <span className="course-time">
              {ms !== undefined && <><progress className="share" max={1} value={part} aria-label={`${state} took ${tookOf(ms)}`} /><span className="numeric">{tookOf(ms)}</span></>}
              {ms === undefined && isNow && <span className="faint"><Moment at={at} /></span>}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
