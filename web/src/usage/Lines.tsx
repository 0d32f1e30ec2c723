import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { usageApi, type UsageFilter, type UsageLine } from '../api/usage';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { usageKey } from './keys';
import { amountOf, costsOf, wayWords, type Way } from './usage';

const lookMs = 30_000;

/** What was used by each of something; what cost most first. */
export function UsageLines({ by, filter, onUser }: { readonly by: Exclude<Way, 'task'>; readonly filter: UsageFilter; readonly onUser: (name: string) => void }) {
  const query = useQuery({ queryKey: [...usageKey, filter], queryFn: () => usageApi.report(filter), refetchInterval: lookMs });
  return (
    <Loaded query={query} lines={5}>
      {({ lines, total }) => {
        const rows = lines ?? [];
        const all = total ? weight(total) : 0;
        const columns: readonly Column<UsageLine>[] = [
          {
            key: 'key', title: wayWords[by], sort: ({ key }) => key ?? '',
            cell: (line) => (
              <>
                <Key by={by} line={line} onUser={onUser} />
                {all > 0 && <progress className="share usage-part" max={1} value={weight(line) / all} aria-label={`${String(Math.round((100 * weight(line)) / all))}% of all`} />}
              </>
            ),
          },
          { key: 'attempts', title: 'Starts', width: '5rem', end: true, wideOnly: true, sort: ({ attempts }) => attempts, cell: ({ attempts }) => <span className="numeric">{amountOf(attempts)}</span> },
          { key: 'cpu', title: 'Core hours', width: '7rem', end: true, sort: ({ cpuHours }) => cpuHours, cell: ({ cpuHours }) => <span className="numeric">{amountOf(cpuHours)}</span> },
          { key: 'memory', title: 'GiB hours', width: '7rem', end: true, wideOnly: true, sort: ({ memoryGiBHours }) => memoryGiBHours, cell: ({ memoryGiBHours }) => <span className="numeric">{amountOf(memoryGiBHours)}</span> },
          { key: 'gpu', title: 'GPU hours', width: '7rem', end: true, wideOnly: true, sort: ({ gpuHours }) => gpuHours, cell: ({ gpuHours }) => <span className="numeric">{amountOf(gpuHours)}</span> },
          { key: 'cost', title: 'Cost', width: '9rem', end: true, sort: weight, cell: ({ costs }) => <span className="numeric nowrap">{costsOf(costs) ?? <span className="faint">no price</span>}</span> },
        ];
        return (
          <Table label={`Usage by ${by}`} noun={`${by}s`} rows={rows} columns={columns} keyOf={({ key }) => key ?? ' '} textOf={({ key }) => key ?? ''}
            empty={<Empty icon="usage" title="Nothing was used in this time" command="adit launch jupyter">Here stands what tasks had reserved, from their first second on. Look at a longer time, or launch something.</Empty>} />
        );
      }}
    </Loaded>
  );
}

const weight = (line: UsageLine) => (line.costs.length > 0 ? line.costs.reduce((sum, { amount }) => sum + amount, 0) : line.cpuHours + line.gpuHours);

function Key({ by, line, onUser }: { readonly by: Way; readonly line: UsageLine; readonly onUser: (name: string) => void }) {
  const { key } = line;
  if (!key) return <span className="faint">in no project</span>;
  if (by === 'user') return <button type="button" className="name truncate" onClick={() => onUser(key)}>{key}</button>;
  // What has ended leads nowhere.
  if (key.includes(' ')) return <span className="truncate">{key}</span>;
  return <Link to={`/${by}s/${key}`} className="name truncate">{key}</Link>;
}
