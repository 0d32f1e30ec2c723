import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Problem } from '../api/problem';
import { volumesApi, type FileEntry, type Snapshot, type Volume, type VolumeName } from '../api/volumes';
import { Icon } from '../design/Icon';
import { Moment } from '../design/Moment';
import { Empty, Failure, Loaded, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';
import { bytes, count } from '../design/words';
import { cursorBefore, nameOfPath, parentOf, partsOf, visible } from './content';
import { FileView } from './FileView';
import { volumeKey } from './keys';
import { About, addressOf, RefBadges, SnapshotOptions, withQuery } from './parts';
import { useNewest } from './useSnapshots';

/** What a snapshot holds: a directory of it, or a file. In the address a path that ends in a slash is a directory. */
export function Files({ of, volume }: { readonly of: VolumeName; readonly volume: Volume }) {
  const [search, setSearch] = useSearchParams();
  const newest = useNewest(of);
  const refs = volume.refs ?? [];
  const at = search.get('at') ?? (volume.latest ? '' : refs[0]?.name ?? '');
  const path = partsOf(search.get('path') ?? '').join('/');
  const isDirectory = path === '' || (search.get('path') ?? '').endsWith('/');
  // What it is called here may be another snapshot in a minute: the page is of the one that it is now.
  const snapshot = useQuery({ queryKey: [...volumeKey(of), 'snapshot', at], queryFn: () => volumesApi.snapshot(of, at || 'main') });
  return (
    <>
      <div className="row apart">
        <Crumbs of={of} at={at} path={path} />
        <select className="input volume-choice" aria-label="At" value={at || 'main'} onChange={(event) => setSearch({ ...(event.target.value !== 'main' && { at: event.target.value }), ...(path && { path: isDirectory ? `${path}/` : path }) })}>
          <SnapshotOptions refs={refs} snapshots={newest} value={at || 'main'} />
        </select>
      </div>
      <Loaded query={snapshot} lines={6}>
        {(found) => (
          <>
            <div className="row muted"><RefBadges names={found.refs ?? []} refs={refs} /><span><About snapshot={found} /></span></div>
            {isDirectory ? <Directory key={path} of={of} at={at} snapshot={found} path={path} /> : <FileOf key={path} of={of} at={at} snapshot={found} path={path} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Crumbs({ of, at, path }: { readonly of: VolumeName; readonly at: string; readonly path: string }) {
  const parts = partsOf(path);
  return (
    <nav className="crumbs volume-crumbs" aria-label="Path">
      <Link to={withQuery(addressOf(of), { at })}>{of.volume}</Link>
      {parts.map((name, index) => (
        <span key={index}> / {index === parts.length - 1
          ? <strong aria-current="page">{visible(name)}</strong>
          : <Link to={withQuery(addressOf(of), { at, path: `${parts.slice(0, index + 1).join('/')}/` })}>{visible(name)}</Link>}</span>
      ))}
    </nav>
  );
}

interface Place {
  readonly of: VolumeName;
  readonly at: string;
  readonly snapshot: Snapshot;
  readonly path: string;
}

function Directory({ of, at, snapshot, path }: Place) {
  const query = useInfiniteQuery({
    queryKey: [...volumeKey(of), 'files', snapshot.id, path],
    queryFn: ({ pageParam }) => volumesApi.files(of, { at: snapshot.id, path, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.isError && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>;
  const columns = columnsOf(of, at, path);
  return (
    <>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      <Table
        label={`Files in ${path || of.volume}`}
        noun={hasNextPage ? 'entries so far' : 'entries'}
        rows={query.data.pages.flatMap((page) => page.items)}
        // Half a list that is sorted would be no order: until all has come it stands as the hub has it.
        columns={hasNextPage ? columns.map(({ sort: _, ...column }) => column) : columns}
        keyOf={({ name }) => name}
        textOf={({ name }) => name}
        {...(!hasNextPage && { sortBy: 'name' })}
        onEnd={more}
        empty={<Empty icon="project" title="An empty directory">There is nothing in it at this snapshot.</Empty>}
      />
    </>
  );
}

const columnsOf = (of: VolumeName, at: string, path: string): readonly Column<FileEntry>[] => [
  {
    key: 'name', title: 'Name', sort: ({ type, name }) => `${type === 'directory' ? '0' : '1'}${name}`,
    cell: ({ name, type, target }) => (
      <span className="volume-entry">
        <Icon name={type === 'directory' ? 'project' : type === 'link' ? 'right' : 'template'} size={16} />
        {type === 'link'
          ? <span className="truncate">{visible(name)} <span className="faint">link to {visible(target ?? '')}</span></span>
          : <Link className="name truncate" to={withQuery(addressOf(of), { at, path: `${path && `${path}/`}${name}${type === 'directory' ? '/' : ''}` })}>{visible(name)}</Link>}
      </span>
    ),
  },
  { key: 'files', title: 'Files', width: '6rem', end: true, wideOnly: true, sort: ({ files }) => files ?? -1, cell: ({ files }) => <span className="numeric">{files === null || files === undefined ? '' : count(files)}</span> },
  { key: 'size', title: 'Size', width: '6rem', end: true, sort: ({ bytes: size }) => size ?? 0, cell: ({ type, bytes: size }) => <span className="numeric">{type === 'link' ? '' : bytes(size ?? 0)}</span> },
  { key: 'modified', title: 'Changed', width: '8rem', wideOnly: true, sort: ({ modified }) => modified ?? '', cell: ({ modified }) => (modified ? <Moment at={modified} /> : '') },
  {
    key: 'get', title: 'Download', silent: true, width: '4rem', end: true, wideOnly: true,
    cell: ({ type, name }) => type === 'file' && <DownloadIcon of={of} at={at} path={`${path && `${path}/`}${name}`} />,
  },
];

function DownloadIcon({ of, at, path }: { readonly of: VolumeName; readonly at: string; readonly path: string }) {
  const label = `Download ${visible(nameOfPath(path))}`;
  return <a className="button icon small quiet" href={volumesApi.contentUrl(of, at || 'main', path)} download={nameOfPath(path)} aria-label={label} title={label}><Icon name="download" size={16} /></a>;
}

const fewest = 50;
const mostPages = 40;

/** The entry of a path, from the list that it is in. */
async function find(of: VolumeName, at: string, path: string): Promise<FileEntry> {
  const name = nameOfPath(path);
  let cursor: string | undefined = cursorBefore(name);
  for (let page = 0; page < mostPages; page++) {
    const list = await volumesApi.files(of, { at, path: parentOf(path), cursor, limit: page === 0 ? fewest : undefined });
    const entry = list.items.find((one) => one.name === name);
    if (entry) return entry;
    if (!list.next) break;
    cursor = list.next;
  }
  throw new Problem(404, 'not-found', `There is no '${visible(path)}' in this snapshot.`);
}

function FileOf({ of, at, snapshot, path }: Place) {
  const query = useQuery({ queryKey: [...volumeKey(of), 'entry', snapshot.id, path], queryFn: () => find(of, snapshot.id, path), staleTime: Number.POSITIVE_INFINITY });
  return (
    <Loaded query={query} lines={6}>
      {(entry) => (entry.type === 'directory' ? <Directory of={of} at={at} snapshot={snapshot} path={path} /> : <FileView of={of} snapshot={snapshot.id} path={path} entry={entry} />)}
    </Loaded>
  );
}
