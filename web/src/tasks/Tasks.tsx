import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';
import { tasksApi, type Task } from '../api/tasks';
import { useSession } from '../app/session';
import { ButtonLink } from '../design/Button';
import { Segments } from '../design/Field';
import { Moment, useNow } from '../design/Moment';
import { Page } from '../design/Page';
import { Empty, Failure, Loaded, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';
import { Live } from '../tunnels/parts';
import { nearEndOf } from './idle';
import { KeepButton } from './Keep';
import { NearEndNotice } from './NearEnd';
import { CpuGauge, Fate, MemoryGauge, OpenTask, StateBadge, TaskActions } from './parts';
import type { Observed } from './usage';
import { useTasks } from './useTasks';
import { hasEnded, situationOf } from './words';

const mostFreezing = 4;

type Shown = 'mine' | 'all' | 'past';

const name: Column<Observed> = {
  key: 'name', title: 'Name', sort: ({ task }) => task.name,
  cell: ({ task }) => (
    <>
      <Link to={`/tasks/${task.id}`} className="name truncate">{task.name}</Link>
      <span className="under truncate">{situationOf(task) || `${task.template} · ${task.kind}`}</span>
    </>
  ),
};
const state: Column<Observed> = { key: 'state', title: 'State', width: '8rem', sort: ({ task }) => task.state, cell: ({ task }) => <><StateBadge task={task} /><Fate task={task} /></> };
const owner: Column<Observed> = { key: 'owner', title: 'Owner', width: '7rem', wideOnly: true, sort: ({ task }) => task.owner, cell: ({ task }) => <span className="truncate">{task.owner}</span> };
const from: Column<Observed> = {
  key: 'template', title: 'Template, runner', width: '9rem', wideOnly: true, sort: ({ task }) => task.template,
  cell: ({ task }) => (
    <>
      <span className="truncate">{task.template}</span>
      <span className="under truncate">{task.runner ? <Link to={`/runners/${task.runner}`}>{task.runner}</Link> : 'on no runner yet'}</span>
    </>
  ),
};
const age: Column<Observed> = { key: 'age', title: 'Made', width: '6.5rem', wideOnly: true, sort: ({ task }) => -Date.parse(task.created), cell: ({ task }) => <Moment at={task.created} /> };
const use: Column<Observed> = {
  key: 'use', title: 'Cores, memory', width: '10rem', wideOnly: true, end: true, sort: ({ task }) => -(task.usage?.cpu ?? -1),
  cell: (observed) => observed.task.usage ? <span className="gauges"><CpuGauge {...observed} /><MemoryGauge {...observed} /></span> : <span className="faint">–</span>,
};
const actions: Column<Observed> = {
  key: 'actions', title: 'What can be done', width: '9.5rem', wideOnly: true, end: true, silent: true,
  cell: ({ task }) => <span className="row"><OpenTask task={task} small />{task.idle?.isWarned && !task.idle.isOfAge && task.may?.includes('change') && <KeepButton task={task} small />}<TaskActions task={task} small /></span>,
};
const ended: Column<Observed> = { key: 'ended', title: 'Ended', width: '7rem', wideOnly: true, cell: ({ task }) => <Moment at={task.ended} never="not yet" /> };

const textOf = ({ task }: Observed) => [task.name, task.template, task.kind, task.state, task.owner, task.project, task.runner, task.reason].join(' ');

/** What runs, what waits, and what could be started again. */
export default function Tasks() {
  const [search, setSearch] = useSearchParams();
  const asked = search.get('show');
  const shown: Shown = asked === 'all' || asked === 'past' ? asked : 'mine';
  const choice = (
    <Segments label="Which tasks" value={shown} onChange={(to) => setSearch(to === 'mine' ? {} : { show: to })}
      options={[{ value: 'mine', text: 'Mine' }, { value: 'all', text: 'All I may see' }, { value: 'past', text: 'Past' }]} />
  );
  return shown === 'past' ? <Past choice={choice} /> : <Present key={shown} all={shown === 'all'} choice={choice} />;
}

function Frame({ live, children }: { readonly live?: React.ReactNode; readonly children: React.ReactNode }) {
  return (
    <Page title="Tasks" lead="What runs on the runners of this hub: sessions to work in, and commands that end by themselves."
      actions={<>{live}<ButtonLink to="/launch" kind="primary" icon="plus">Launch</ButtonLink></>}>
      {children}
    </Page>
  );
}

function Present({ all, choice }: { readonly all: boolean; readonly choice: React.ReactNode }) {
  const { query, liveness } = useTasks(all);
  return (
    <Frame live={<Live liveness={liveness} />}>
      <Loaded query={query} lines={6}>
        {(rows) => (
          <>
            <Freezing rows={rows} />
            <Table
              label="Tasks"
              noun="tasks"
              rows={rows}
              columns={all ? [name, state, owner, from, use, age, actions] : [name, state, from, use, age, actions]}
              keyOf={({ task }) => task.id}
              textOf={textOf}
              tools={choice}
              empty={<Nothing />}
            />
          </>
        )}
      </Loaded>
    </Frame>
  );
}

/** What is about to be frozen, which is said here and not on every page: nothing is lost by it. What is about to be stopped stands above every page. */
function Freezing({ rows }: { readonly rows: readonly Observed[] }) {
  const now = useNow();
  const shown = rows.flatMap(({ task }) => {
    const end = task.idle?.isWarned || !task.may?.includes('change') ? undefined : nearEndOf(task, now);
    return end ? [{ task, end }] : [];
  });
  return (
    <div className="warnings" role="status">
      {shown.slice(0, mostFreezing).map(({ task, end }) => <NearEndNotice key={task.id} task={task} end={end} />)}
    </div>
  );
}

function Nothing() {
  return (
    <Empty icon="task" title="Nothing runs" command="adit launch jupyter" action={<ButtonLink to="/launch" icon="plus">Choose a template</ButtonLink>}>
      A task is started from a template, on a runner that has room, and has an address of its own that only you can use until you share it.
    </Empty>
  );
}

/** What has ended, as far as it is kept; jobs are here alone. */
function Past({ choice }: { readonly choice: React.ReactNode }) {
  const { role } = useSession();
  // Those who see everything look for what somebody ran; others for their own.
  const all = role !== 'user';
  const query = useInfiniteQuery({
    queryKey: ['tasks', 'past', all],
    queryFn: ({ pageParam }) => tasksApi.history(all, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const rows = useMemo(
    () => query.data?.pages.flatMap((page) => page.items as readonly Task[]).filter(({ state: at }) => hasEnded(at)).map((task) => ({ task, course: { cpu: [], memory: [] } })) ?? [],
    [query.data],
  );
  // A page may have nothing but what runs.
  useEffect(() => {
    if (rows.length === 0) more();
  }, [rows, more]);
  return (
    <Frame>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        <Table
          label="Past tasks"
          noun={hasNextPage ? 'tasks so far' : 'tasks'}
          rows={rows}
          columns={[name, state, ...(all ? [owner] : []), from, age, ended]}
          keyOf={({ task }) => task.id}
          textOf={textOf}
          tools={choice}
          onEnd={more}
          empty={<Empty icon="task" title="Nothing has ended yet">What was stopped, what failed and jobs that are done are listed here, as long as they are kept.</Empty>}
        />
      ) : query.isPending && <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>}
    </Frame>
  );
}
