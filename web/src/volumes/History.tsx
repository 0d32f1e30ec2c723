import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { Link, useSearchParams } from 'wouter';
import { volumesApi, type Snapshot, type Volume, type VolumeName } from '../api/volumes';
import { Moment } from '../design/Moment';
import { Failure, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';
import { bytes, count } from '../design/words';
import { shortId } from './content';
import { volumeKey } from './keys';
import { addressOf, messageOf, RefBadges, withQuery } from './parts';

/** The snapshots, the newest first; all of them, or those that lead to one. */
export function History({ of, volume }: { readonly of: VolumeName; readonly volume: Volume }) {
  const [search, setSearch] = useSearchParams();
  const from = search.get('from') ?? '';
  const refs = volume.refs ?? [];
  const query = useInfiniteQuery({
    queryKey: [...volumeKey(of), 'history', from],
    queryFn: ({ pageParam }) => volumesApi.snapshots(of, pageParam, from),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const columns: readonly Column<Snapshot>[] = [
    {
      key: 'message', title: 'Snapshot',
      cell: (one) => (
        <>
          <span className="volume-entry">
            <Link className="name truncate" to={withQuery(addressOf(of), { at: shortId(one.id) })}>{messageOf(one) || shortId(one.id)}</Link>
            <RefBadges names={one.refs ?? []} refs={refs} />
          </span>
          <span className="under truncate"><span className="only-narrow"><Moment at={one.created} /> by {one.author}, </span>{one.cause}{messageOf(one) && <>, <code>{shortId(one.id)}</code></>}</span>
        </>
      ),
    },
    { key: 'author', title: 'By', width: '8rem', wideOnly: true, cell: ({ author }) => <span className="truncate">{author}</span> },
    { key: 'created', title: 'When', width: '7.5rem', wideOnly: true, cell: ({ created }) => <Moment at={created} /> },
    { key: 'files', title: 'Files', width: '5.5rem', end: true, wideOnly: true, cell: ({ files }) => <span className="numeric">{count(files ?? 0)}</span> },
    { key: 'size', title: 'Size', width: '5.5rem', end: true, wideOnly: true, cell: ({ bytes: size }) => <span className="numeric">{bytes(size ?? 0)}</span> },
    { key: 'sent', title: 'Sent', width: '5.5rem', end: true, wideOnly: true, cell: ({ uploadedBytes }) => <span className="numeric">{bytes(uploadedBytes ?? 0)}</span> },
    {
      key: 'compare', title: 'What it changed', silent: true, width: '6rem', end: true,
      cell: ({ id, parents }) => parents?.[0] && <Link to={withQuery(addressOf(of, 'compare'), { from: shortId(parents[0]), to: shortId(id) })} aria-label={`Changes of ${shortId(id)}`}>Changes</Link>,
    },
  ];
  return (
    <>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        <Table
          label={`Snapshots of ${of.project}/${of.volume}`}
          noun={hasNextPage ? 'snapshots so far' : 'snapshots'}
          rows={query.data.pages.flatMap((page) => page.items)}
          columns={columns}
          keyOf={({ id }) => id}
          onEnd={more}
          tools={(
            <select className="input volume-choice" aria-label="Of" value={from} onChange={(event) => setSearch(event.target.value ? { from: event.target.value } : {})}>
              <option value="">All branches</option>
              {from && !refs.some(({ name }) => name === from) && <option value={from}>{from}</option>}
              {refs.map(({ name }) => <option key={name} value={name}>{name}</option>)}
            </select>
          )}
          empty={<p className="nothing">No snapshots.</p>}
        />
      ) : query.isPending && <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>}
    </>
  );
}
