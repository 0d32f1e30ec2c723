import { Link } from 'wouter';
import { useSession, nameOf } from '../app/session';
import { ButtonLink } from '../design/Button';
import { Command } from '../design/Copy';
import { rate } from '../design/words';
import { Figures, Page, Panel } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { AccessBadge, Address, Live, StateDot, tunnelCommand } from '../tunnels/parts';
import type { Flowing } from '../tunnels/flow';
import { useTunnels } from '../tunnels/useTunnels';
import './home.css';

const mostShown = 6;

/** What is up, and how to begin. */
export function Home() {
  const session = useSession();
  const { query, liveness } = useTunnels();
  return (
    <Page title="Home" heading={`Hello, ${nameOf(session)}`} actions={<Live liveness={liveness} />}>
      {session.mustSetPassword && (
        <Notice kind="warn">
          <span>You are in by a token, and this account has no password yet. With one you can sign in without the token.</span>
          <ButtonLink to="/account" size="small">Set a password</ButtonLink>
        </Notice>
      )}
      <Loaded query={query} lines={5}>
        {(flowing) => flowing.length === 0 ? <Beginning /> : <Present flowing={flowing} />}
      </Loaded>
    </Page>
  );
}

function Present({ flowing }: { readonly flowing: readonly Flowing[] }) {
  const up = flowing.filter(({ tunnel }) => tunnel.state === 'up');
  const busiest = [...flowing].sort((a, b) => Number(b.tunnel.state === 'up') - Number(a.tunnel.state === 'up') || (b.perSecond ?? 0) - (a.perSecond ?? 0));
  const total = flowing.reduce((sum, { perSecond }) => sum + (perSecond ?? 0), 0);
  const open = flowing.reduce((sum, { tunnel }) => sum + Number(tunnel.traffic.openStreams ?? 0), 0);
  return (
    <>
      <Figures items={[
        ['tunnels up', up.length],
        ['down', flowing.length - up.length],
        ['open streams', open.toLocaleString('en')],
        ['passing now', rate(total)],
      ]} />
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
    </>
  );
}

function Beginning() {
  return (
    <Panel title="Three steps to a service at an address of its own">
      <ol className="begin">
        <li>
          <h3>Sign in the machine that has the service</h3>
          <p className="muted">It needs the one executable and nothing else. A code appears; confirm it here in the browser.</p>
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
