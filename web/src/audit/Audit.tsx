import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useSearchParams } from 'wouter';
import { auditApi, type AuditEntry, type AuditFilter } from '../api/audit';
import { Problem } from '../api/problem';
import { Button } from '../design/Button';
import { Dialog } from '../design/Dialog';
import { SelectField, TextField } from '../design/Field';
import { Icon } from '../design/Icon';
import { by24 } from '../design/words';
import { Badge, Facts, Page, Panel } from '../design/Page';
import { Empty, Failure, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';
import { isTask, targetOf, whoOf } from './words';

const outcomes = ['allowed', 'denied', 'failed'];
const spans = [['', 'All that is kept'], ['1', 'Last hour'], ['24', 'Last day'], ['168', 'Last week'], ['720', 'Last 30 days']] as const;

/** Who did what to what, from where. The address holds the filter, so that it can be sent to somebody. */
export default function Audit() {
  const [search, setSearch] = useSearchParams();
  const [shown, setShown] = useState<AuditEntry>();
  const hours = search.get('hours') ?? '';
  const filter: AuditFilter = Object.fromEntries((['actor', 'action', 'target', 'outcome'] as const).map((name) => [name, search.get(name) ?? '']).filter(([, value]) => value));
  const query = useInfiniteQuery({
    queryKey: ['audit', filter, hours],
    queryFn: ({ pageParam }) => auditApi.page({ ...filter, ...since(hours) }, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const columns: readonly Column<AuditEntry>[] = [
    { key: 'at', title: 'When', width: '10.5rem', wideOnly: true, cell: ({ at }) => <time className="numeric nowrap" dateTime={at}>{new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium', ...by24 }).replace(/, \d{4}/, '')}</time> },
    {
      key: 'action', title: 'What',
      cell: (entry) => (
        <>
          <button type="button" className="name truncate" onClick={() => setShown(entry)}>{entry.action}</button>
          <span className="under truncate"><span className="only-narrow">{whoOf(entry)} · </span>{targetOf(entry)}</span>
        </>
      ),
    },
    { key: 'actor', title: 'Who', width: '9rem', wideOnly: true, cell: (entry) => <span className={entry.actor ? 'truncate' : 'truncate faint'}>{whoOf(entry)}</span> },
    { key: 'address', title: 'From', width: '9rem', wideOnly: true, cell: ({ address }) => <span className="mono truncate">{address}</span> },
    { key: 'outcome', title: 'Outcome', width: '6.5rem', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
  ];

  // Who may not read it is told so, and not offered to filter it.
  const isClosed = query.error instanceof Problem && query.error.status === 403;
  return (
    <Page
      title="Audit log"
      lead="Sign-ins, refusals, tokens used, rules and members changed. Nothing in it can be changed from here, or from anywhere."
      actions={!isClosed && <a className="button" href={auditApi.exportUrl({ ...filter, ...since(hours) })} download="audit.jsonl"><Icon name="down" size={16} /> Export</a>}
    >
      {!isClosed && (
        <FilterForm
          key={search.toString()}
          filter={filter}
          hours={hours}
          onChange={(to) => setSearch(Object.fromEntries(Object.entries(to).filter(([, value]) => value)))}
        />
      )}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        <Table
          label="Audit log"
          noun={hasNextPage ? 'entries so far' : 'entries'}
          rows={query.data.pages.flatMap((page) => page.items)}
          columns={columns}
          keyOf={({ id }) => String(id)}
          onEnd={more}
          tools={<Button size="small" icon="replay" busy={query.isFetching} onClick={() => void query.refetch()}>Refresh</Button>}
          empty={<Empty icon="audit" title="Nothing fits" command="adit audit --since 1h">What people and programs do appears here as they do it. Widen the filter, or ask for a longer time.</Empty>}
        />
      ) : query.isPending && <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>}
      {shown && (
        <Dialog title={shown.action} onClose={() => setShown(undefined)}>
          <Facts items={[
            ['When', new Date(shown.at).toLocaleString('en', { dateStyle: 'full', timeStyle: 'long', ...by24 })],
            ['Who', whoOf(shown)],
            shown.via ? ['By', <code key="via">{shown.via}</code>] : null,
            shown.target ? ['To what', targetOf(shown) === shown.target ? shown.target : <span key="target">{targetOf(shown)} <code className="faint">{shown.target}</code></span>] : null,
            ['Outcome', <Outcome key="outcome" outcome={shown.outcome} />],
            shown.address ? ['From', <code key="address">{shown.address}</code>] : null,
            ...Object.entries(shown.detail ?? {}).filter(([name]) => name !== 'name' || !isTask(shown)).map(([name, value]) => [name, String(value)] as const),
            ['Number', String(shown.id)],
          ]} />
        </Dialog>
      )}
    </Page>
  );
}

function since(hours: string): AuditFilter {
  return hours ? { since: new Date(Date.now() - Number(hours) * 3_600_000).toISOString() } : {};
}

function Outcome({ outcome }: { readonly outcome: string }) {
  return <Badge tone={outcome === 'allowed' ? 'ok' : outcome === 'denied' ? 'warn' : 'danger'}>{outcome}</Badge>;
}

function FilterForm({ filter, hours, onChange }: { readonly filter: AuditFilter; readonly hours: string; readonly onChange: (to: Record<string, string>) => void }) {
  const [draft, setDraft] = useState({ actor: filter.actor ?? '', action: filter.action ?? '', target: filter.target ?? '', outcome: filter.outcome ?? '', hours });
  const text = (name: 'actor' | 'action' | 'target', label: string, placeholder: string) => (
    <TextField label={label} placeholder={placeholder} spellCheck={false} value={draft[name]} onChange={(event) => setDraft({ ...draft, [name]: event.target.value })} />
  );
  return (
    <Panel>
      <form className="filters" onSubmit={(event) => {
        event.preventDefault();
        onChange(draft);
      }}>
        {text('actor', 'Who', 'anna')}
        {text('action', 'What', 'sign-in')}
        {text('target', 'To what', 'tunnel:demo')}
        <SelectField label="Outcome" value={draft.outcome} onChange={(event) => onChange({ ...draft, outcome: event.target.value })}>
          <option value="">Any</option>
          {outcomes.map((one) => <option key={one}>{one}</option>)}
        </SelectField>
        <SelectField label="When" value={draft.hours} onChange={(event) => onChange({ ...draft, hours: event.target.value })}>
          {spans.map(([value, span]) => <option key={value} value={value}>{span}</option>)}
        </SelectField>
        <Button type="submit">Filter</Button>
      </form>
    </Panel>
  );
}
