import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { quotasApi, usageApi, type UsageFilter } from '../api/usage';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { SelectField } from '../design/Field';
import { Icon } from '../design/Icon';
import { Badge, Figures, Page, Panel, Tabs } from '../design/Page';
import { Loaded } from '../design/States';
import { UsageAttempts } from './Attempts';
import { quotasKey, usageKey } from './keys';
import { UsageLines } from './Lines';
import { QuotaItem } from './Quotas';
import { usageTabs } from './tabs';
import { amountOf, costsOf, sharesOf, spanOf, times, ways, wayWords, type Way } from './usage';
import './usage.css';

const lookMs = 30_000;

/** What was used, by whom, and what it cost: one's own, one's projects', or everybody's. The address holds what is asked. */
export default function UsagePage() {
  const { role } = useSession();
  const isStaff = role !== 'user';
  const [search, setSearch] = useSearchParams();
  const asked = search.get('by') as Way | null;
  const by: Way = asked && ways.includes(asked) ? asked : isStaff ? 'user' : 'template';
  const time = search.get('when') ?? '';
  const [user, project] = [search.get('user') ?? '', search.get('project') ?? ''];
  const filter: UsageFilter = { by, ...spanOf(time, Date.now()), ...(user && { user }), ...(project && { project }) };
  const put = (change: Record<string, string>) => setSearch(Object.fromEntries(Object.entries({ by: asked ?? '', when: time, user, project, ...change }).filter(([, value]) => value)));
  return (
    <Page title="Usage" lead="What tasks had reserved, for how long, and what that cost. What runs counts up to now."
      actions={<a className="button" href={usageApi.tableUrl(filter)} download><Icon name="down" size={16} /> CSV</a>}>
      <Tabs label="Usage" items={isStaff ? usageTabs : usageTabs.slice(0, 1)} current="/usage" />
      <Mine />
      <div className="usage-filter">
        <SelectField label="When" value={time} onChange={(event) => put({ when: event.target.value })}>
          {times.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </SelectField>
        <SelectField label="By" value={by} onChange={(event) => put({ by: event.target.value })}>
          {ways.map((way) => <option key={way} value={way}>{wayWords[way]}</option>)}
        </SelectField>
        {user && <Only what={`of ${user}`} onEnd={() => put({ user: '' })} />}
        {project && <Only what={`in ${project}`} onEnd={() => put({ project: '' })} />}
      </div>
      <Sum filter={filter} />
      {by === 'task' ? <UsageAttempts filter={filter} /> : <UsageLines by={by} filter={filter} onUser={(name) => put({ user: name, by: 'task' })} />}
    </Page>
  );
}

function Only({ what, onEnd }: { readonly what: string; readonly onEnd: () => void }) {
  return <span className="row"><Badge tone="accent">only {what}</Badge><Button size="small" kind="quiet" icon="cross" onClick={onEnd} aria-label={`Not only ${what}`}>All</Button></span>;
}

/** What limits oneself. Nothing where nothing does. */
function Mine() {
  const query = useQuery({ queryKey: [...quotasKey, 'mine'], queryFn: () => quotasApi.list(true), refetchInterval: lookMs });
  const limited = (query.data ?? []).filter((quota) => sharesOf(quota).length > 0);
  if (limited.length === 0) return null;
  return (
    <Panel title="Your quotas" lead="What does not fit waits until it does; what never could is refused." bare>
      <ul>{limited.map((quota) => <QuotaItem key={`${quota.kind}:${quota.name}`} quota={quota} />)}</ul>
    </Panel>
  );
}

/** All of it together. */
function Sum({ filter }: { readonly filter: UsageFilter }) {
  const { by } = filter;
  const whole: UsageFilter = by === 'task' ? { ...filter, by: 'user' } : filter;
  const query = useQuery({ queryKey: [...usageKey, whole], queryFn: () => usageApi.report(whole), refetchInterval: lookMs, placeholderData: (before) => before });
  return (
    <Loaded query={query} lines={2}>
      {({ total }) => total && (
        <Figures items={[
          ['Cost', costsOf(total.costs) ?? <Link key="none" to="/templates" className="faint">no prices</Link>],
          ['Core hours', amountOf(total.cpuHours)],
          ['GiB hours of memory', amountOf(total.memoryGiBHours)],
          ['GPU hours', amountOf(total.gpuHours)],
          ['Starts', amountOf(total.attempts)],
        ]} />
      )}
    </Loaded>
  );
}
