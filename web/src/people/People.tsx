import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useDeferredValue, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { peopleApi, type Account, type Invitation } from '../api/people';
import { useSession } from '../app/session';
import { Initials } from '../app/Shell';
import { Button } from '../design/Button';
import { Icon } from '../design/Icon';
import { Moment } from '../design/format';
import { Page, Tabs } from '../design/Page';
import { Empty, Failure, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';
import { InvitationDialog } from './InvitationDialog';
import { NewAccount } from './NewAccount';
import { RoleBadge, StateBadge } from './badges';

export const accountsKey = ['accounts'];

export const peopleTabs = [{ to: '/people', text: 'Accounts' }, { to: '/people/groups', text: 'Groups' }];

const columns: readonly Column<Account>[] = [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name,
    cell: (account) => (
      <div className="row" style={{ flexWrap: 'nowrap' }}>
        <Initials name={account.displayName ?? account.name} />
        <div style={{ minWidth: 0 }}>
          <Link to={`/people/accounts/${encodeURIComponent(account.name)}`} className="name truncate">{account.displayName ?? account.name}</Link>
          <span className="under truncate">{account.name}{account.email && ` · ${account.email}`}</span>
        </div>
      </div>
    ),
  },
  { key: 'role', title: 'Role', width: '6.5rem', sort: (account) => account.effectiveRole ?? account.role, cell: (account) => <RoleBadge role={account.effectiveRole ?? account.role} /> },
  { key: 'source', title: 'From', width: '7rem', wideOnly: true, sort: ({ source }) => source, cell: ({ kind, source }) => (kind === 'service' ? 'service' : source) },
  { key: 'state', title: 'State', width: '6.5rem', wideOnly: true, sort: ({ state }) => state, cell: ({ state }) => <StateBadge state={state} /> },
  { key: 'seen', title: 'Signed in', width: '7.5rem', wideOnly: true, sort: ({ lastSignIn }) => lastSignIn ?? '', cell: ({ lastSignIn }) => <Moment at={lastSignIn} /> },
];

/** Everybody. The hub searches, and sends what is scrolled to. */
export default function People() {
  const { role } = useSession();
  const [, go] = useLocation();
  const [typed, setTyped] = useState('');
  const q = useDeferredValue(typed.trim());
  const [adding, setAdding] = useState(false);
  const [invitation, setInvitation] = useState<{ readonly name: string; readonly invitation: Invitation }>();
  const query = useInfiniteQuery({
    queryKey: [...accountsKey, { q }],
    queryFn: ({ pageParam }) => peopleApi.accounts(q, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <Page
      title="People"
      lead="Who may sign in, and as what. Groups give many people a role, or a place in a project, at once."
      actions={role === 'admin' && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>Invite somebody</Button>}
    >
      <Tabs label="People" items={peopleTabs} current="/people" />
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        <Table
          label="Accounts"
          noun={hasNextPage ? 'accounts so far' : 'accounts'}
          rows={query.data.pages.flatMap((page) => page.items)}
          columns={columns}
          keyOf={({ name }) => name}
          onEnd={more}
          tools={
            <div className="search">
              <Icon name="search" size={16} />
              <input className="input" type="search" aria-label="Search accounts" placeholder="Search accounts" value={typed} onChange={(event) => setTyped(event.target.value)} />
            </div>
          }
          empty={q
            ? <p className="nothing">Nobody matches “{q}”.</p>
            : <Empty icon="people" title="Nobody yet" command="adit user create anna --email anna@example.com">Invite somebody: they choose a password by a link that works once.</Empty>}
        />
      ) : query.isPending && <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>}
      {adding && <NewAccount onClose={() => setAdding(false)} onMade={(name, made) => {
        setAdding(false);
        if (made) setInvitation({ name, invitation: made });
        else go(`/people/accounts/${encodeURIComponent(name)}`);
      }} />}
      {invitation && <InvitationDialog {...invitation} onClose={() => setInvitation(undefined)} />}
    </Page>
  );
}
