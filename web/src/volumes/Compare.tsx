import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { volumesApi, type PathChange, type SnapshotDiff, type Volume, type VolumeName } from '../api/volumes';
import { SelectField } from '../design/Field';
import { Badge, Panel, type Tone } from '../design/Page';
import { Empty, Loaded, Notice } from '../design/States';
import { Table, type Column } from '../design/Table';
import { bytes, count } from '../design/words';
import { difference, mostText, shortId, visible } from './content';
import { FileDiff } from './FileDiff';
import { volumeKey } from './keys';
import { About, addressOf, SnapshotOptions, withQuery } from './parts';
import { useNewest } from './useSnapshots';

const tones: Readonly<Record<string, Tone | undefined>> = { added: 'ok', removed: 'danger', changed: 'info', moved: 'accent' };

/** What differs between two snapshots: which files, and of a text which lines. */
export function Compare({ of, volume }: { readonly of: VolumeName; readonly volume: Volume }) {
  const [search, setSearch] = useSearchParams();
  const newest = useNewest(of);
  const refs = volume.refs ?? [];
  const to = search.get('to') ?? (volume.latest ? 'main' : refs[0]?.name ?? '');
  const parent = volume.latest?.parents?.[0];
  const from = search.get('from') ?? (parent ? shortId(parent) : '');
  const path = search.get('path') ?? '';
  const choose = (name: 'from' | 'to') => (event: React.ChangeEvent<HTMLSelectElement>) => setSearch({ from, to, [name]: event.target.value });
  return (
    <>
      <Panel>
        <div className="pair">
          <SelectField label="From" value={from} onChange={choose('from')}>{!from && <option value="">Choose a snapshot</option>}<SnapshotOptions refs={refs} snapshots={newest} value={from} /></SelectField>
          <SelectField label="To" value={to} onChange={choose('to')}><SnapshotOptions refs={refs} snapshots={newest} value={to} /></SelectField>
        </div>
      </Panel>
      {from && to ? <Compared of={of} from={from} to={to} path={path} />
        : <div className="panel"><Empty icon="volume" title="Nothing to compare yet">There is one snapshot. When there is another, this shows what it changed.</Empty></div>}
    </>
  );
}

function Compared({ of, from, to, path }: { readonly of: VolumeName; readonly from: string; readonly to: string; readonly path: string }) {
  const query = useQuery({ queryKey: [...volumeKey(of), 'diff', from, to], queryFn: () => volumesApi.diff(of, from, to) });
  const here = addressOf(of, 'compare');
  return (
    <Loaded query={query} lines={6}>
      {(diff) => {
        const chosen = path ? diff.changes.find((change) => change.path === path) : undefined;
        return (
          <>
            <div className="muted"><div>From <code>{shortId(diff.from.id)}</code>, <About snapshot={diff.from} /></div><div>to <code>{shortId(diff.to.id)}</code>, <About snapshot={diff.to} /></div></div>
            {path ? (
              <>
                <div><Link to={withQuery(here, { from, to })}>All changes</Link></div>
                {chosen ? <FileDiff of={of} change={chosen} from={diff.from.id} to={diff.to.id} /> : <Notice kind="warn">{visible(path)} is the same in both, or is not among the changes that are shown.</Notice>}
              </>
            ) : <Changes of={of} diff={diff} columns={columnsOf(of, from, to)} />}
          </>
        );
      }}
    </Loaded>
  );
}

function Changes({ of, diff, columns }: { readonly of: VolumeName; readonly diff: SnapshotDiff; readonly columns: readonly Column<PathChange>[] }) {
  return (
    <>
      {diff.isCut && <Notice kind="warn">There are more changes: the first {count(diff.changes.length)} are shown. <code>adit diff</code> goes by directory.</Notice>}
      <Table label={`Changes of ${of.project}/${of.volume}`} noun="changes" rows={diff.changes} columns={columns} keyOf={({ kind, path }) => `${kind} ${path}`} textOf={({ kind, path, from }) => `${kind} ${path} ${from ?? ''}`}
        empty={<Empty icon="check" title="No difference">Both have the same files.</Empty>} />
    </>
  );
}

const mayBeText = ({ kind, bytesBefore, bytesAfter }: PathChange) => kind === 'changed' && (bytesBefore ?? 0) <= mostText && (bytesAfter ?? 0) <= mostText;

const columnsOf = (of: VolumeName, from: string, to: string): readonly Column<PathChange>[] => [
  { key: 'kind', title: 'How', width: '6.5rem', sort: ({ kind }) => kind, cell: ({ kind }) => <Badge tone={tones[kind]}>{kind}</Badge> },
  {
    key: 'path', title: 'Path', sort: ({ path }) => path,
    cell: (change) => {
      const at = change.kind === 'removed' ? from : to;
      return (
        <>
          <Link className="name truncate" to={mayBeText(change) ? withQuery(addressOf(of, 'compare'), { from, to, path: change.path }) : withQuery(addressOf(of), { at, path: change.path })}>{visible(change.path)}</Link>
          {change.from && <span className="under truncate">was {visible(change.from)}</span>}
        </>
      );
    },
  },
  { key: 'size', title: 'Size', width: '7rem', end: true, wideOnly: true, sort: ({ bytesAfter, bytesBefore }) => bytesAfter ?? bytesBefore ?? 0, cell: ({ bytesAfter, bytesBefore }) => <span className="numeric">{bytes(bytesAfter ?? bytesBefore ?? 0)}</span> },
  {
    key: 'difference', title: 'Difference', width: '7rem', end: true, sort: ({ bytesAfter, bytesBefore }) => (bytesAfter ?? 0) - (bytesBefore ?? 0),
    cell: ({ bytesAfter, bytesBefore }) => <span className="numeric">{difference(bytesBefore ?? 0, bytesAfter ?? 0, bytes)}</span>,
  },
];
