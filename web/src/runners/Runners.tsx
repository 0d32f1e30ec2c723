import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { runnersApi, type Runner } from '../api/runners';
import { useSession } from '../app/session';
import { ButtonLink } from '../design/Button';
import { Moment } from '../design/Moment';
import { Badge, Page } from '../design/Page';
import { Empty, Loaded, Notice } from '../design/States';
import { Table, type Column } from '../design/Table';
import { Live } from '../tunnels/parts';
import { useEvents } from '../tunnels/useEvents';
import { useReread } from '../tunnels/useReread';
import { capacitiesOf, isSharedHubUser, labelLineOf, reservedLineOf, standingOf } from './capacity';
import { runnersKey } from './keys';
import { CapacityBar, PrivateBadge, StandingBadge } from './parts';

const sampleEveryMs = 5_000;

const bar = (name: string, width: string): Column<Runner> => ({
  key: name, title: name, width, wideOnly: true,
  sort: (runner) => {
    const capacity = capacitiesOf(runner).find((one) => one.name === name);
    return capacity ? capacity.reserved / Math.max(1, capacity.all) : -1;
  },
  cell: (runner) => {
    const capacity = capacitiesOf(runner).find((one) => one.name === name);
    return capacity ? <CapacityBar capacity={capacity} small /> : <span className="faint">none</span>;
  },
});

const columns: readonly Column<Runner>[] = [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name,
    cell: (runner) => (
      <>
        <Link to={`/runners/${runner.name}`} className="name truncate">{runner.name}</Link>
        <div className="under truncate not-narrow" title={labelLineOf(runner)}>{runner.isUp ? labelLineOf(runner) || runner.facts?.os || 'not heard yet' : <>heard <Moment at={runner.seen} /></>}</div>
        <div className="under truncate only-narrow">{runner.isUp ? reservedLineOf(runner) : <>heard <Moment at={runner.seen} /></>}</div>
      </>
    ),
  },
  {
    key: 'standing', title: 'State', width: '10rem', sort: standingOf,
    cell: (runner) => <span className="row"><StandingBadge runner={runner} /><PrivateBadge runner={runner} />{(runner.notice ?? (runner.facts?.warnings?.length || isSharedHubUser(runner) ? 'It has warnings' : '')) && <Badge tone="warn"><span aria-hidden="true">!</span><span className="unseen">has something to say</span></Badge>}</span>,
  },
  { key: 'owner', title: 'Owner', width: '6.5rem', wideOnly: true, sort: ({ owner }) => owner, cell: ({ owner }) => <span className="truncate">{owner}</span> },
  bar('Cores', '8.5rem'),
  bar('Memory', '9.5rem'),
  bar('GPUs', '6rem'),
  { key: 'tasks', title: 'Tasks', width: '5rem', end: true, wideOnly: true, sort: ({ tasks }) => tasks, cell: ({ tasks }) => <span className="numeric">{tasks.toLocaleString('en')}</span> },
];

const textOf = (runner: Runner) => [runner.name, runner.facts?.os, runner.version, runner.owner, standingOf(runner), runner.isPrivate ? 'private' : '', ...Object.entries(runner.labels).map(([key, value]) => `${key}=${value}`)].join(' ');

/** The machines that tasks run on, and how full they are. */
export default function Runners() {
  const { role } = useSession();
  const again = useReread(runnersKey);
  // A task that comes or goes changes what is reserved.
  const liveness = useEvents('', { task: again }, again);
  const query = useQuery({ queryKey: runnersKey, queryFn: runnersApi.list, refetchInterval: sampleEveryMs });
  const mayAdd = role !== 'auditor';
  return (
    <Page title="Runners" lead="The machines that tasks run on. They dial this hub; nothing has to be opened there."
      actions={<><Live liveness={liveness} />{mayAdd && <ButtonLink to="/add-runner" kind="primary" icon="plus">Add a runner</ButtonLink>}</>}>
      <Loaded query={query} lines={5}>
        {(rows) => (
          <>
            {rows.length > 0 && rows.every(({ isUp }) => !isUp) && <Notice kind="warn">No runner is up: what is launched waits until one is.</Notice>}
            <Table
              label="Runners"
              noun="runners"
              rows={rows}
              columns={columns}
              keyOf={({ name }) => name}
              textOf={textOf}
              sortBy="name"
              tools={<span className="row not-narrow"><span className="key">reserved</span><span className="key used">in use</span></span>}
              empty={
                <Empty icon="runner" title="No runners yet" action={mayAdd && <ButtonLink to="/add-runner" icon="plus">Add a runner</ButtonLink>}>
                  A runner is a machine that runs tasks for this hub. One line on it is enough; it appears here at once.
                </Empty>
              }
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}
