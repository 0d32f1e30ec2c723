import { Link } from 'wouter';
import { useSession, nameOf } from '../app/session';
import { ButtonLink } from '../design/Button';
import { Command } from '../design/Copy';
import { rate } from '../design/words';
import { Figures, Page, Panel } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { Fate, OpenTask, StateBadge } from '../tasks/parts';
import type { Observed } from '../tasks/usage';
import { useTasks } from '../tasks/useTasks';
import { hasEnded, isMoving, situationOf } from '../tasks/words';
import { AccessBadge, Address, isOfTask, Live, StateDot, tunnelCommand } from '../tunnels/parts';
import type { Flowing } from '../tunnels/flow';
import { useTunnels } from '../tunnels/useTunnels';
import { Executable } from './Executable';
import './home.css';

const mostShown = 6;

/** What runs, what is up, and how to begin. */
export function Home() {
  const session = useSession();
  const tunnels = useTunnels();
  const tasks = useTasks(false);
  const mayLaunch = session.role !== 'auditor';
  return (
    <Page title="Home" heading={`Hello, ${nameOf(session)}`}
      actions={<><Live liveness={tunnels.liveness} />{mayLaunch && <ButtonLink to="/launch" kind="primary" icon="plus">Launch</ButtonLink>}</>}>
      {session.mustSetPassword && (
        <Notice kind="warn">
          <span>You are in by a token, and this account has no password yet. With one you can sign in without the token.</span>
          <ButtonLink to="/account" size="small">Set a password</ButtonLink>
        </Notice>
      )}
      <Loaded query={tunnels.query} lines={5}>
        {(flowing) => (
          <Loaded query={tasks.query} lines={3}>
            {(observed) => <Present flowing={flowing.filter(({ tunnel }) => !isOfTask(tunnel))} observed={observed} all={flowing} mayLaunch={mayLaunch} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function Present({ flowing, observed, all, mayLaunch }: {
  /** Tunnels that are no ports of tasks. */
  readonly flowing: readonly Flowing[];
  readonly observed: readonly Observed[];
  readonly all: readonly Flowing[];
  readonly mayLaunch: boolean;
}) {
  const running = observed.filter(({ task }) => !hasEnded(task.state)).length;
  const up = flowing.filter(({ tunnel }) => tunnel.state === 'up').length;
  const total = all.reduce((sum, { perSecond }) => sum + (perSecond ?? 0), 0);
  const open = all.reduce((sum, { tunnel }) => sum + Number(tunnel.traffic.openStreams ?? 0), 0);
  const isBeginning = observed.length === 0 && flowing.length === 0;
  return (
    <>
      {!isBeginning && (
        <Figures items={[
          ['tasks running', running.toLocaleString('en')],
          ['tunnels up', flowing.length === up ? up.toLocaleString('en') : `${up.toLocaleString('en')} of ${flowing.length.toLocaleString('en')}`],
          ['open streams', open.toLocaleString('en')],
          ['passing now', rate(total)],
        ]} />
      )}
      {observed.length > 0 ? <Work observed={observed} /> : mayLaunch && <Start />}
      {flowing.length > 0 ? <Ways flowing={flowing} /> : observed.length === 0 && <Beginning />}
    </>
  );
}

const rankOf = ({ task }: Observed) => (task.idle?.isWarned ? 0 : task.state === 'ready' ? 1 : isMoving(task.state) ? 2 : task.state === 'lost' ? 3 : 4);

/** One's own tasks: what runs first, then what could be started again. */
function Work({ observed }: { readonly observed: readonly Observed[] }) {
  const shown = [...observed].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, mostShown);
  return (
    <Panel title="My tasks" actions={<ButtonLink to="/tasks" size="small">All tasks</ButtonLink>} bare>
      <ul className="glance tasks">
        {shown.map(({ task }) => (
          <li key={task.id}>
            <div>
              <Link to={`/tasks/${task.id}`} className="name truncate">{task.name}</Link>
              <span className="faint truncate">{situationOf(task) || `${task.template} · ${task.kind}`}</span>
            </div>
            <span className="not-narrow"><Fate task={task} /></span>
            <StateBadge task={task} />
            <span className="rate"><OpenTask task={task} small /></span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Ways({ flowing }: { readonly flowing: readonly Flowing[] }) {
  const busiest = [...flowing].sort((a, b) => Number(b.tunnel.state === 'up') - Number(a.tunnel.state === 'up') || (b.perSecond ?? 0) - (a.perSecond ?? 0));
  return (
    <Panel title="Tunnels" actions={<ButtonLink to="/tunnels" size="small">All tunnels</ButtonLink>} bare>
      <ul className="glance">
        {busiest.slice(0, mostShown).map(({ tunnel, perSecond }) => (
          <li key={tunnel.name}>
            <StateDot state={tunnel.state} />
            <div>
              <Link to={`/tunnels/${tunnel.name}`} className="name truncate">{tunnel.name}</Link>
              <Address tunnel={tunnel} />
            </div>
            <AccessBadge access={tunnel.access} />
            <span className="numeric faint rate">{perSecond === undefined ? '' : rate(perSecond)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Start() {
  return (
    <Panel title="Start something" lead="A notebook, an application, a job: on a machine that has room, at an address of its own."
      actions={<ButtonLink to="/launch" kind="primary" icon="plus">Choose a template</ButtonLink>}>
      <Command text="adit launch jupyter --open" />
    </Panel>
  );
}

function Beginning() {
  return (
    <Panel title="Or give what runs already an address of its own">
      <ol className="begin">
        <li>
          <h3>Sign in the machine that has the service</h3>
          <p className="muted"><Executable /> A code appears; confirm it here in the browser.</p>
          <Command text={`export ADIT_HUB=${location.origin}\nadit login`} wrap />
        </li>
        <li>
          <h3>Give the service a name</h3>
          <p className="muted">The machine dials out to this hub; no port is opened there, and nobody but you can use it until you say so.</p>
          <Command text={tunnelCommand} />
        </li>
        <li>
          <h3>Open it, and share it</h3>
          <p className="muted">It appears under <Link to="/tunnels" className="inline">Tunnels</Link>, with what passes it and who may use it.</p>
        </li>
      </ol>
    </Panel>
  );
}
