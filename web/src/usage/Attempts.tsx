import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { Link } from 'wouter';
import { usageApi, type UsageAttempt, type UsageFilter } from '../api/usage';
import { Badge } from '../design/Page';
import { Empty, Failure, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';
import { by24 } from '../design/words';
import { resourcesOf } from '../tasks/words';
import { usageKey } from './keys';
import { amountOf, moneyOf } from './usage';

/** Each start of a task, the newest first. */
export function UsageAttempts({ filter }: { readonly filter: UsageFilter }) {
  const query = useInfiniteQuery({
    queryKey: [...usageKey, 'attempts', filter],
    queryFn: ({ pageParam }) => usageApi.attempts(filter, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const columns: readonly Column<UsageAttempt>[] = [
    {
      key: 'name', title: 'Task',
      cell: ({ task, attempt, name, user, project, template }) => (
        <>
          <Link to={`/tasks/${task}`} className="name truncate">{name}{attempt > 1 && <span className="faint"> start {attempt}</span>}</Link>
          <span className="under truncate">{user}{project && ` · ${project}`} · {template}</span>
        </>
      ),
    },
    { key: 'started', title: 'Started', width: '9rem', wideOnly: true, cell: ({ started }) => <time className="numeric nowrap" dateTime={started}>{new Date(started).toLocaleString('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', ...by24 })}</time> },
    { key: 'runner', title: 'Runner', width: '8rem', wideOnly: true, cell: ({ runner }) => <span className="truncate">{runner}</span> },
    { key: 'had', title: 'Had', width: '10rem', wideOnly: true, cell: ({ cpu, memoryBytes, gpus }) => <span className="numeric truncate">{resourcesOf({ cpu, memoryBytes, gpus })}</span> },
    { key: 'state', title: 'State', width: '5rem', wideOnly: true, cell: ({ ended, lost }) => <Badge tone={ended ? undefined : lost ? 'warn' : 'ok'}>{ended ? 'ended' : lost ? 'lost' : 'running'}</Badge> },
    { key: 'hours', title: 'Hours', width: '5.5rem', end: true, cell: ({ hours }) => <span className="numeric">{amountOf(hours)}</span> },
    { key: 'cost', title: 'Cost', width: '7rem', end: true, cell: ({ cost, currency }) => <span className="numeric nowrap">{cost === null || cost === undefined ? <span className="faint">no price</span> : moneyOf(cost, currency)}</span> },
  ];
  if (query.isError && !query.data) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>;
  return (
    <Table label="Usage by task" noun={hasNextPage ? 'starts so far' : 'starts'} rows={query.data.pages.flatMap((page) => page.attempts ?? [])} columns={columns}
      keyOf={({ task, attempt }) => `${task}/${String(attempt)}`} onEnd={more} textOf={({ name, user, project, template, runner }) => `${name} ${user} ${project ?? ''} ${template} ${runner}`}
      empty={<Empty icon="usage" title="Nothing was used in this time" command="adit launch jupyter">Each start of a task stands here, from its first second on.</Empty>} />
  );
}
