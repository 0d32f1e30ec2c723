import { useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Dialog } from '../design/Dialog';
import { bytes, count, rate } from '../design/words';
import { Page } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { AccessBadge, Live, StateDot, tunnelCommand } from './parts';
import type { Flowing } from './flow';
import { useTunnels } from './useTunnels';

const columns: readonly Column<Flowing>[] = [
  {
    key: 'name', title: 'Name', sort: ({ tunnel }) => tunnel.name,
    cell: ({ tunnel }) => (
      <div className="row" style={{ flexWrap: 'nowrap' }}>
        <StateDot state={tunnel.state} />
        <div style={{ minWidth: 0 }}>
          <Link to={`/tunnels/${tunnel.name}`} className="name truncate">{tunnel.name}</Link>
          <span className="under truncate">{tunnel.url ? tunnel.url.replace(/^https?:\/\/|\/$/g, '') : `adit connect ${tunnel.name}`}</span>
        </div>
      </div>
    ),
  },
  { key: 'kind', title: 'Kind', width: '4.5rem', wideOnly: true, sort: ({ tunnel }) => tunnel.kind, cell: ({ tunnel }) => tunnel.kind },
  { key: 'access', title: 'Access', width: '8.5rem', sort: ({ tunnel }) => tunnel.access, cell: ({ tunnel }) => <AccessBadge access={tunnel.access} /> },
  { key: 'owner', title: 'Owner', width: '8rem', wideOnly: true, sort: ({ tunnel }) => tunnel.account ?? '', cell: ({ tunnel }) => <span className="truncate">{tunnel.account}</span> },
  { key: 'rate', title: 'Rate', width: '6.5rem', end: true, wideOnly: true, sort: ({ perSecond }) => perSecond ?? 0, cell: ({ perSecond }) => <span className="numeric">{perSecond === undefined ? '–' : rate(perSecond)}</span> },
  { key: 'streams', title: 'Open', width: '4.5rem', end: true, wideOnly: true, sort: ({ tunnel }) => Number(tunnel.traffic.openStreams ?? 0), cell: ({ tunnel }) => <span className="numeric">{count(Number(tunnel.traffic.openStreams ?? 0))}</span> },
  { key: 'requests', title: 'Requests', width: '6.5rem', end: true, wideOnly: true, sort: ({ tunnel }) => Number(tunnel.traffic.requests ?? 0), cell: ({ tunnel }) => <span className="numeric">{count(Number(tunnel.traffic.requests ?? 0))}</span> },
  { key: 'out', title: 'Sent', width: '5.5rem', end: true, wideOnly: true, sort: ({ tunnel }) => Number(tunnel.traffic.bytesOut ?? 0), cell: ({ tunnel }) => <span className="numeric">{bytes(Number(tunnel.traffic.bytesOut ?? 0))}</span> },
];

const textOf = ({ tunnel }: Flowing) => [tunnel.name, tunnel.url, tunnel.kind, tunnel.access, tunnel.account, tunnel.project, tunnel.state, ...tunnel.servers.map((s) => s.client)].join(' ');

/** All tunnels, as they are now. */
export default function Tunnels() {
  const { query, liveness } = useTunnels();
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Tunnels"
      lead="Services on machines anywhere, each at an address of its own."
      actions={<><Live liveness={liveness} /><Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New tunnel</Button></>}
    >
      <Loaded query={query} lines={6}>
        {(rows) => (
          <Table
            label="Tunnels"
            noun="tunnels"
            rows={rows}
            columns={columns}
            keyOf={({ tunnel }) => tunnel.name}
            textOf={textOf}
            sortBy="name"
            empty={
              <Empty icon="tunnel" title="No tunnels yet" command={tunnelCommand}>
                A tunnel gives a service on any machine an address here, without opening a port there. Run this where the service runs; it appears on this page at once.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <NewTunnel onClose={() => setAdding(false)} />}
    </Page>
  );
}

function NewTunnel({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="A new tunnel" onClose={onClose}>
      <div className="stack">
        <p className="muted">A tunnel begins on the machine that has the service: it dials out to this hub, and nothing has to be opened there. Sign that machine in once:</p>
        <Command text={`export ADIT_HUB=${location.origin}\nadit login`} wrap />
        <p className="muted">A web service on port 8888, for yourself:</p>
        <Command text={tunnelCommand} />
        <p className="muted">A database, with no port on the hub; the other side connects by name:</p>
        <Command text="adit tunnel tcp 5432 --name db" />
        <p className="muted">A program that is started and exposed, for all who can sign in:</p>
        <Command text={'adit tunnel http --name files --access signed-in --exec "python3 -m http.server {port} --bind 127.0.0.1"'} wrap />
      </div>
    </Dialog>
  );
}
