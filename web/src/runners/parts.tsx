import { Badge, type Tone } from '../design/Page';
import type { Runner } from '../api/runners';
import { standingOf, usersOf, type Capacity } from './capacity';
import './runners.css';

const tones: Readonly<Record<ReturnType<typeof standingOf>, Tone | undefined>> = { up: 'ok', cordoned: 'warn', draining: 'warn', down: 'danger' };

export function StandingBadge({ runner }: { readonly runner: Runner }) {
  const standing = standingOf(runner);
  return <Badge tone={tones[standing]}>{standing}</Badge>;
}

/** Said of a runner that only its owner's tasks start on. */
export function PrivateBadge({ runner }: { readonly runner: Runner }) {
  return runner.isPrivate ? <span title={usersOf(runner)}><Badge>private</Badge></span> : null;
}

/** What is reserved of all there is, as a bar; below it, thinner, what is in use. */
export function CapacityBar({ capacity, small = false }: { readonly capacity: Capacity; readonly small?: boolean }) {
  const { name, all, reserved, used, words } = capacity;
  const text = `${words(reserved)} of ${words(all)}`;
  return (
    <div className={small ? 'capacity small' : 'capacity'} title={`${name}: ${text} reserved${used === undefined ? '' : `, ${words(used)} in use`}`}>
      <div className="row apart">
        {!small && <span>{name}</span>}
        <span className="numeric">{text}{!small && ' reserved'}{!small && used !== undefined && <span className="faint">, {words(used)} in use</span>}</span>
      </div>
      <progress className="share" max={all} value={Math.min(reserved, all)} aria-label={`${name} reserved: ${text}`} />
      {used !== undefined && <progress className="share used" max={all} value={Math.min(used, all)} aria-label={`${name} in use: ${words(used)} of ${words(all)}`} />}
    </div>
  );
}

export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const shown = Object.entries(labels);
  return shown.length === 0 ? <span className="faint">none</span> : <span className="row">{shown.map(([key, value]) => <Badge key={key}>{key}={value}</Badge>)}</span>;
}
