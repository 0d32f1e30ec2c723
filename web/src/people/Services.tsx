import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { peopleApi, type Account } from '../api/people';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { TextField } from '../design/Field';
import { Moment } from '../design/Moment';
import { FormDialog } from '../design/FormDialog';
import { Page, Tabs } from '../design/Page';
import { Empty } from '../design/States';
import type { Column } from '../design/Table';
import { MakeToken } from '../tokens/NewToken';
import { AccountTable, accountsKey } from './AccountTable';
import { StateBadge } from './badges';
import { nameRefusal } from './names';
import { peopleTabs } from './People';

const pageOf = ({ name, project }: Account) => project
  ? `/projects/${encodeURIComponent(project)}/services/${encodeURIComponent(name)}`
  : `/people/accounts/${encodeURIComponent(name)}`;

const columns: readonly Column<Account>[] = [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name,
    cell: (account) => (
      <>
        <Link to={pageOf(account)} className="name truncate">{account.name}</Link>
        <span className="under truncate">{account.project ? `of ${account.project}` : 'of the hub'}</span>
      </>
    ),
  },
  { key: 'state', title: 'State', width: '6.5rem', sort: ({ state }) => state, cell: ({ state }) => <StateBadge state={state} /> },
  { key: 'made', title: 'Made', width: '7.5rem', wideOnly: true, sort: ({ created }) => created, cell: ({ created }) => <Moment at={created} /> },
];

/** What programs act as, of every project and of none. */
export default function Services() {
  const { role } = useSession();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string>();
  return (
    <Page
      title="Service accounts"
      lead="What programs act as: they have tokens, and nobody signs in as them. Those of a project are made there, by its maintainers."
      actions={role === 'admin' && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New service account</Button>}
    >
      {role !== 'user' && <Tabs label="People" items={peopleTabs} current="/people/services" />}
      <AccountTable
        kind="service"
        label="Service accounts"
        noun="service accounts"
        columns={columns}
        empty={
          <Empty icon="token" title="No service accounts yet" command="adit project service create PROJECT NAME">
            A pipeline should not act as a person, whose tokens end when they leave. Make an account for it in its project.
          </Empty>
        }
      />
      {adding && <NewServiceAccount onClose={() => setAdding(false)} onMade={(name) => {
        setAdding(false);
        setMade(name);
      }} />}
      {made && <MakeToken owner={made} onClose={() => setMade(undefined)} />}
    </Page>
  );
}

function NewServiceAccount({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (name: string) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const wrong = nameRefusal(name);
  return (
    <FormDialog
      title="A new service account"
      action="Make it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrong;
      }}
      onSubmit={async () => {
        await peopleApi.create({ name, kind: 'service', role: 'user' });
        await queries.invalidateQueries({ queryKey: accountsKey });
        onMade(name);
        return false;
      }}
    >
      <TextField label="Name" className="mono" autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} error={tried ? wrong : undefined}
        hint="It is in no project. Next you make its first token." />
    </FormDialog>
  );
}
