import type { Tunnel } from '../api/tunnels';
import { Elsewhere } from '../design/Button';
import { Icon } from '../design/Icon';
import { Badge, type Tone } from '../design/Page';
import { accessText } from './access';
import type { Liveness } from './events';

export function StateDot({ state }: { readonly state: string }) {
  return <span className={`dot ${state === 'up' ? 'ok' : 'hollow'}`} role="img" aria-label={state === 'up' ? 'up' : 'down'} title={state === 'up' ? 'A client serves it' : 'No client serves it'} />;
}

const words: Readonly<Record<string, readonly [string, Tone | undefined]>> = {
  public: ['public', 'warn'],
  'signed-in': ['signed in', 'info'],
  project: ['project', 'accent'],
  owner: ['owner only', undefined],
};

export function AccessBadge({ access }: { readonly access: string }) {
  const [text, tone] = words[access] ?? [accessText(access), 'accent' as const];
  return (
    <Badge tone={tone}>
      {access === 'public' ? <Icon name="globe" size={12} /> : <Icon name="lock" size={12} />}
      <span className="truncate" title={text}>{text}</span>
    </Badge>
  );
}

/** Where a tunnel is reached, as a link when a browser can follow it. */
export function Address({ tunnel }: { readonly tunnel: Tunnel }) {
  if (!tunnel.url) return <code>adit connect {tunnel.name}</code>;
  if (!tunnel.url.startsWith('http')) return <code>{tunnel.url}</code>;
  return <Elsewhere href={tunnel.url} className="truncate">{tunnel.url.replace(/\/$/, '')}</Elsewhere>;
}

export function Live({ liveness }: { readonly liveness: Liveness }) {
  return liveness === 'broken'
    ? <Badge tone="warn">reconnecting</Badge>
    : <Badge tone={liveness === 'live' ? 'ok' : undefined}>{liveness === 'live' ? 'live' : 'connecting'}</Badge>;
}

/** Whether it is a port of a task, which comes and goes with that. */
export const isOfTask = ({ task }: Pick<Tunnel, 'task'>) => Boolean(task);

/** How a tunnel comes about; the same words wherever somebody has none. */
export const tunnelCommand = 'adit tunnel http 8888 --name demo';
