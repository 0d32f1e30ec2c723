import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { runnersApi, type Runner } from '../api/runners';
import { Moment } from '../design/Moment';
import { Facts, Page, Panel } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { memory } from '../design/words';
import { CpuGauge, MemoryGauge, StateBadge } from '../tasks/parts';
import { useTasks } from '../tasks/useTasks';
import { situationOf } from '../tasks/words';
import { capacitiesOf, isSharedHubUser, usersOf } from './capacity';
import { runnerKey } from './keys';
import { CapacityBar, Labels, PrivateBadge, StandingBadge } from './parts';
import { RunnerChanges } from './RunnerChanges';

const sampleEveryMs = 5_000;

/** One machine: how full it is, what it is, what runs there. */
export default function RunnerPage({ name }: { readonly name: string }) {
  const query = useQuery({ queryKey: runnerKey(name), queryFn: () => runnersApi.find(name), refetchInterval: sampleEveryMs });
  const runner = query.data;
  return (
    <Page
      title={name}
      crumb={{ to: '/runners', text: 'Runners' }}
      heading={<span className="row">{name}{runner && <StandingBadge runner={runner} />}{runner && <PrivateBadge runner={runner} />}</span>}
      lead={runner && (runner.facts?.os ?? 'It was never heard of.')}
    >
      <Loaded query={query} lines={6}>
        {(found) => <Present runner={found} />}
      </Loaded>
    </Page>
  );
}

function Present({ runner }: { readonly runner: Runner }) {
  const { facts } = runner;
  const capacities = capacitiesOf(runner);
  return (
    <>
      {!runner.isUp && <Notice kind="danger"><span>It is down: it was heard last <Moment at={runner.seen} />. Its tasks go on there if the machine is up. Start its runner again, and it takes them up.</span></Notice>}
      {runner.isUp && runner.isDraining && <Notice kind="warn">Its tasks are being ended, and it gets no new ones.</Notice>}
      {runner.isUp && !runner.isDraining && runner.isCordoned && <Notice kind="warn">It gets no new tasks; those it has go on.</Notice>}
      {runner.notice && <Notice kind="warn">{runner.notice}</Notice>}
      {isSharedHubUser(runner) && <Notice kind="warn">It is shared, and its tasks run as the hub's own user: whoever can sign in can read all that the hub keeps, its keys and tokens too.</Notice>}
      {facts?.warnings?.map((warning) => <Notice key={warning} kind="warn">{warning}</Notice>)}
      {capacities.length > 0 && (
        <Panel title="Capacity" actions={<><span className="key">reserved</span><span className="key used">in use</span></>}>
          <div className="columns">
            {capacities.map((capacity) => <CapacityBar key={capacity.name} capacity={capacity} />)}
          </div>
        </Panel>
      )}
      <Work runner={runner} />
      <Panel title="Facts">
        <Facts items={[
          facts ? ['System', `${facts.os}, ${facts.architecture}`] : null,
          ['Adit', runner.version],
          facts ? ['Executors', facts.executors.join(', ') || 'nothing'] : null,
          facts?.gpus?.length ? ['GPUs', <ul key="gpus" className="stack tight">{facts.gpus.map(({ index, name, memoryBytes }) => <li key={index}>{name}, {memory(memoryBytes)}</li>)}</ul>] : null,
          facts ? ['Disk', `${runner.usage?.diskFreeBytes ? `${memory(runner.usage.diskFreeBytes)} free of ` : ''}${memory(facts.diskBytes)}`] : null,
          ['Labels', <Labels key="labels" labels={runner.labels} />],
          ['Taints', runner.taints.length === 0 ? <span key="taints" className="faint">none</span> : runner.taints.map(({ key, value }) => <code key={key}>{key}{value ? `=${value}` : ''} </code>)],
          ['Owner', runner.owner],
          ['May be used by', usersOf(runner)],
          runner.token ? ['Token', <code key="token">{runner.token}</code>] : null,
          ['First heard', <Moment key="created" at={runner.created} />],
          ['Last heard', <Moment key="seen" at={runner.seen} />],
        ]} />
      </Panel>
      {runner.may?.includes('change') && <RunnerChanges runner={runner} />}
    </>
  );
}

/** What runs there, as far as one may see it. */
function Work({ runner }: { readonly runner: Runner }) {
  const { query } = useTasks(true);
  return (
    <Panel title="Tasks" bare>
      <Loaded query={query} lines={2}>
        {(all) => {
          const here = all.filter(({ task }) => task.runner === runner.name && task.state !== 'stopped' && task.state !== 'failed');
          const unseen = runner.tasks - here.length;
          return (
            <>
              {here.length === 0 && unseen <= 0 && <p className="work-none">None at the moment.</p>}
              <ul className="work">
                {here.slice(0, 50).map((observed) => (
                  <li key={observed.task.id}>
                    <div>
                      <Link to={`/tasks/${observed.task.id}`} className="name truncate">{observed.task.name}</Link>
                      <span className="faint truncate">{situationOf(observed.task) || `${observed.task.template} of ${observed.task.owner}`}</span>
                    </div>
                    <span className="not-narrow"><CpuGauge {...observed} /></span>
                    <span className="not-narrow"><MemoryGauge {...observed} /></span>
                    <StateBadge task={observed.task} />
                  </li>
                ))}
              </ul>
              {unseen > 0 && <p className="work-none">{here.length > 0 && 'And '}{unseen.toLocaleString('en')} {unseen === 1 ? 'task' : 'tasks'} of other people, which you may not see.</p>}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}
