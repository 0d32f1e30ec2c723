import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { tunnelsApi, type Tunnel } from '../api/tunnels';
import { Button, Elsewhere } from '../design/Button';
import { CopyButton } from '../design/Copy';
import { Confirm } from '../design/Dialog';
import { Moment } from '../design/Moment';
import { bytes, count, rate } from '../design/words';
import { Icon } from '../design/Icon';
import { Facts, Figures, Page, Panel, Tabs } from '../design/Page';
import { isMissing } from '../api/problem';
import { Loaded } from '../design/States';
import { toast } from '../design/toasts';
import { AccessEditor } from './AccessEditor';
import { AccessRules } from './AccessRules';
import { Embeds } from './Embeds';
import { ExplainForm } from './Explain';
import { Inspector } from './Inspector';
import { AccessBadge, Address, StateDot } from './parts';
import type { Flowing } from './flow';
import { tunnelsKey, useTunnel } from './useTunnels';

/** One tunnel: what passes it, who may use it, what serves it. */
export default function TunnelPage({ name, part }: { readonly name: string; readonly part: string }) {
  const query = useTunnel(name);
  const tunnel = query.data?.tunnel;
  return (
    <Page
      title={isMissing(query.error) ? 'No such tunnel' : name}
      crumb={{ to: '/tunnels', text: 'Tunnels' }}
      heading={<span className="heading">{tunnel && <StateDot state={tunnel.state} />}<span>{isMissing(query.error) ? 'No such tunnel' : name}</span></span>}
      lead={tunnel && <span className="row"><Address tunnel={tunnel} />{tunnel.url && <CopyButton text={tunnel.url} label="Copy the address" />}<AccessBadge access={tunnel.access} /></span>}
      actions={tunnel && tunnel.kind === 'http' && tunnel.url && <Open tunnel={tunnel} />}
    >
      <Loaded query={query} lines={6}>
        {(data) => <Parts flowing={data} etag={data.etag} part={part} />}
      </Loaded>
    </Page>
  );
}

function Open({ tunnel }: { readonly tunnel: Tunnel }) {
  return (
    <Elsewhere className="button primary" href={tunnel.url ?? ''}>
      <Icon name="open" size={16} /> Open
    </Elsewhere>
  );
}

function Parts({ flowing, etag, part }: { readonly flowing: Flowing; readonly etag: string | null; readonly part: string }) {
  const { tunnel, perSecond, requestsPerSecond } = flowing;
  const at = `/tunnels/${tunnel.name}`;
  const isHttp = tunnel.kind === 'http';
  const mayChange = tunnel.may?.includes('change') ?? false;
  const shown = part === 'requests' && !isHttp ? 'access' : part;
  const tabs = [
    ...(isHttp ? [{ to: at, text: 'Requests' }] : []),
    { to: `${at}/access`, text: 'Access' },
    { to: `${at}/about`, text: 'About' },
  ];
  return (
    <>
      <Figures items={[
        ['now', perSecond === undefined ? '–' : rate(perSecond)],
        ['open streams', count(Number(tunnel.traffic.openStreams ?? 0))],
        isHttp ? ['requests', count(Number(tunnel.traffic.requests ?? 0))] : ['streams', count(Number(tunnel.traffic.streams ?? 0))],
        ...(isHttp ? [['requests a second', requestsPerSecond === undefined ? '–' : requestsPerSecond.toFixed(1)] as const] : []),
        ['received', bytes(Number(tunnel.traffic.bytesIn ?? 0))],
        ['sent', bytes(Number(tunnel.traffic.bytesOut ?? 0))],
      ]} />
      <Tabs label={`Parts of ${tunnel.name}`} items={tabs} current={shown === 'requests' ? at : `${at}/${shown}`} />
      {shown === 'requests' ? <Inspector name={tunnel.name} mayOpen={mayChange} /> : shown === 'access' ? (
        <>
          {mayChange ? <AccessEditor tunnel={tunnel} etag={etag} /> : <AccessRules tunnel={tunnel} />}
          {tunnel.hosts[0] && <Panel title="Who can open it?" lead="Asks the hub, which decides as it would for a visitor."><ExplainForm host={tunnel.hosts[0]} /></Panel>}
          {isHttp && <Embeds name={tunnel.name} mayChange={mayChange} mayAdd={tunnel.may?.includes('embed') ?? false} />}
        </>
      ) : <About tunnel={tunnel} etag={etag} mayChange={mayChange} />}
    </>
  );
}

function About({ tunnel, etag, mayChange }: { readonly tunnel: Tunnel; readonly etag: string | null; readonly mayChange: boolean }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [removing, setRemoving] = useState(false);
  const keep = useMutation({
    mutationFn: (to: boolean) => tunnelsApi.change(tunnel.name, { keep: to }, etag),
    onSuccess: ({ value }) => toast(value.keep ? `${value.name} is kept while no client serves it.` : `${value.name} goes when its last client has.`),
    onError: (failure) => toast(failure.message, 'danger'),
    onSettled: () => queries.invalidateQueries({ queryKey: tunnelsKey }),
  });
  return (
    <>
      <Panel title="Served by">
        {tunnel.servers.length === 0 ? <p className="muted">Nobody at the moment. Start its client again and it is back at the same address.</p> : (
          <ul className="stack tight">
            {tunnel.servers.map((server) => (
              <li key={`${server.client} ${server.link ?? ''}`} className="row apart">
                <span className="row"><StateDot state={server.link ? 'up' : 'down'} /><strong>{server.client}</strong><code>{server.target}</code></span>
                <span className="faint">{server.remote && <>from {server.remote}, </>}{server.link ? <Moment at={server.since} /> : 'away'}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Facts">
        <Facts items={[
          ['Kind', tunnel.kind],
          ['Owner', tunnel.account],
          tunnel.project ? ['Project', tunnel.project] : null,
          tunnel.hosts.length > 0 && ['Host names', tunnel.hosts.map((host) => <div key={host}><code>{host}</code></div>)],
          tunnel.pathUrl ? ['By path', <div key="path"><code>{tunnel.pathUrl}</code> <span className="faint">for its owner alone</span></div>] : null,
          tunnel.port ? ['Port', tunnel.port] : null,
          ['Made', <Moment key="made" at={tunnel.created} />],
          ['When no client serves it', tunnel.keep ? 'its name stays, with a page that says so' : 'it goes, after a short grace time'],
        ]} />
      </Panel>
      {mayChange && (
        <Panel title="Changes">
          <div className="row">
            <Button busy={keep.isPending} onClick={() => keep.mutate(!tunnel.keep)}>{tunnel.keep ? 'Let it go with its last client' : 'Keep it while no client serves it'}</Button>
            <Button kind="danger" onClick={() => setRemoving(true)}>Remove…</Button>
          </div>
        </Panel>
      )}
      {removing && (
        <Confirm title={`Remove ${tunnel.name}?`} action="Remove it" onClose={() => setRemoving(false)} onConfirm={async () => {
          await tunnelsApi.remove(tunnel.name);
          toast(`${tunnel.name} was removed.`);
          go('/tunnels');
          await queries.invalidateQueries({ queryKey: tunnelsKey });
        }}>
          Its address answers nobody any more, and what is open through it ends. A client that still runs makes it anew when it connects again.
        </Confirm>
      )}
    </>
  );
}
