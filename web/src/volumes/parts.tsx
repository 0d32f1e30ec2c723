import { Link } from 'wouter';
import type { Snapshot, VolumeName, VolumeRef } from '../api/volumes';
import { Moment } from '../design/Moment';
import { Badge } from '../design/Page';
import { shortId, visible } from './content';

export const addressOf = ({ project, volume }: VolumeName, part = '') => `/volumes/${encodeURIComponent(project)}/${encodeURIComponent(volume)}${part && `/${part}`}`;

/** An address with what is looked at in it; what is empty is left out. */
export function withQuery(address: string, query: Readonly<Record<string, string | undefined>>): string {
  const params = new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString();
  return params ? `${address}?${params}` : address;
}

/** What somebody said of a snapshot, on one line. */
export const messageOf = ({ message }: Snapshot) => visible((message ?? '').split('\n', 1)[0] ?? '').trim();

/** Who made a snapshot, when, and what was said of it. */
export function About({ snapshot }: { readonly snapshot: Snapshot }) {
  return <><Moment at={snapshot.created} /> by {snapshot.author}{messageOf(snapshot) && `: ${messageOf(snapshot)}`}</>;
}

/** Branches and tags that name a snapshot. */
export function RefBadges({ names, refs }: { readonly names: readonly string[]; readonly refs: readonly VolumeRef[] }) {
  return names.map((name) => <Badge key={name} tone={refs.some((ref) => ref.name === name && ref.isTag) ? 'info' : 'accent'}>{name}</Badge>);
}

export function SnapshotLink({ of, id }: { readonly of: VolumeName; readonly id: string }) {
  return <Link to={withQuery(addressOf(of), { at: shortId(id) })}><code>{shortId(id)}</code></Link>;
}

/** A snapshot among those that there are, by branch, tag or id. */
export function SnapshotOptions({ refs, snapshots, value }: { readonly refs: readonly VolumeRef[]; readonly snapshots: readonly Snapshot[]; readonly value: string }) {
  const isKnown = refs.some(({ name }) => name === value) || snapshots.some(({ id }) => shortId(id) === value);
  return (
    <>
      {value && !isKnown && <option value={value}>{value}</option>}
      {refs.some(({ isTag }) => !isTag) && <optgroup label="Branches">{refs.filter(({ isTag }) => !isTag).map(({ name }) => <option key={name}>{name}</option>)}</optgroup>}
      {refs.some(({ isTag }) => isTag) && <optgroup label="Tags">{refs.filter(({ isTag }) => isTag).map(({ name }) => <option key={name}>{name}</option>)}</optgroup>}
      {snapshots.length > 0 && <optgroup label="Newest snapshots">{snapshots.map((one) => <option key={one.id} value={shortId(one.id)}>{optionOf(one)}</option>)}</optgroup>}
    </>
  );
}

const mostOfOption = 50;

function optionOf(snapshot: Snapshot): string {
  const message = messageOf(snapshot);
  const shown = message.length > mostOfOption ? `${message.slice(0, mostOfOption)}…` : message;
  return `${shortId(snapshot.id)}, ${snapshot.author}${shown && `: ${shown}`}`;
}
