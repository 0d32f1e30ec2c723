import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Account, Invitation } from '../api/people';
import { useSession } from '../app/session';
import { Initials } from '../app/Shell';
import { Button } from '../design/Button';
import { Moment } from '../design/Moment';
import { Page, Tabs } from '../design/Page';
import { Empty } from '../design/States';
import type { Column } from '../design/Table';
import { AccountTable } from './AccountTable';
import { InvitationDialog } from './InvitationDialog';
import { NewAccount } from './NewAccount';
import { RoleBadge, StateBadge } from './badges';

export const peopleTabs = [{ to: '/people', text: 'Accounts' }, { to: '/people/services', text: 'Service accounts' }, { to: '/people/groups', text: 'Groups' }];

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
  { key: 'source', title: 'From', width: '7rem', wideOnly: true, sort: ({ source }) => source, cell: ({ source }) => source },
  { key: 'state', title: 'State', width: '6.5rem', wideOnly: true, sort: ({ state }) => state, cell: ({ state }) => <StateBadge state={state} /> },
  { key: 'seen', title: 'Signed in', width: '7.5rem', wideOnly: true, sort: ({ lastSignIn }) => lastSignIn ?? '', cell: ({ lastSignIn }) => <Moment at={lastSignIn} /> },
];

/** Everybody. */
export default function People() {
  const { role } = useSession();
  const [, go] = useLocation();
  const [adding, setAdding] = useState(false);
  const [invitation, setInvitation] = useState<{ readonly name: string; readonly invitation: Invitation }>();
  return (
    <Page
      title="People"
      lead="Who may sign in, and as what. Groups give many people a role, or a place in a project, at once."
      actions={role === 'admin' && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>Invite somebody</Button>}
    >
      {role !== 'user' && <Tabs label="People" items={peopleTabs} current="/people" />}
      <AccountTable
        kind="person"
        label="Accounts"
        noun="accounts"
        columns={columns}
        empty={<Empty icon="people" title="Nobody yet" command="adit user create anna --email anna@example.com">Invite somebody: they choose a password by a link that works once.</Empty>}
      />
      {adding && <NewAccount onClose={() => setAdding(false)} onMade={(name, made) => {
        setAdding(false);
        if (made) setInvitation({ name, invitation: made });
        else go(`/people/accounts/${encodeURIComponent(name)}`);
      }} />}
      {invitation && <InvitationDialog {...invitation} onClose={() => setInvitation(undefined)} />}
    </Page>
  );
}
