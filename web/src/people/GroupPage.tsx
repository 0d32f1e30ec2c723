import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { peopleApi } from '../api/people';
import { isMissing } from '../api/problem';
import type { PlatformRole } from '../api/session';
import { useSession } from '../app/session';
import { Button, IconButton } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Page, Panel } from '../design/Page';
import { Empty, Failure, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { groupsKey, RoleField } from './Groups';

interface Member {
  readonly account: string;
  readonly source?: string;
}

export default function GroupPage({ name }: { readonly name: string }) {
  const { role } = useSession();
  const mayChange = role === 'admin';
  const queries = useQueryClient();
  const query = useQuery({ queryKey: [...groupsKey, name], queryFn: () => peopleApi.group(name) });
  const [adding, setAdding] = useState(false);
  const remove = useAction(async (member: string) => {
    await peopleApi.removeMember(name, member);
    toast(`${member} is no longer in ${name}.`);
  }, [groupsKey]);

  const columns: readonly Column<Member>[] = [
    { key: 'account', title: 'Account', sort: ({ account }) => account, cell: ({ account }) => <Link to={`/people/accounts/${encodeURIComponent(account)}`} className="name truncate">{account}</Link> },
    { key: 'source', title: 'By', width: '9rem', sort: ({ source }) => source ?? '', cell: ({ source }) => (source && source !== 'local' ? source : 'the hub') },
    {
      key: 'end', title: 'Remove', silent: true, width: '3.5rem', end: true,
      // What a directory says, it says again at the next sign-in: it is changed there.
      cell: ({ account, source }) => mayChange && (!source || source === 'local') && <IconButton icon="cross" label={`Remove ${account}`} small onClick={() => void remove.run(account)} />,
    },
  ];

  return (
    <Page title={isMissing(query.error) ? 'No such group' : name} crumb={{ to: '/people/groups', text: 'Groups' }} actions={mayChange && <Button icon="plus" onClick={() => setAdding(true)}>Add somebody</Button>}>
      {remove.error !== undefined && <Failure error={remove.error} />}
      <Loaded query={query} lines={4}>
        {({ value, etag }) => (
          <>
            <Table
              label={`Members of ${name}`}
              noun="members"
              rows={value.members ?? []}
              columns={columns}
              keyOf={({ account, source }) => `${account} ${source ?? ''}`}
              textOf={({ account }) => account}
              sortBy="account"
              empty={<Empty icon="people" title="Nobody is in it yet" command={`adit group add ${name} NAME`}>Whoever is added has at once what the group may.</Empty>}
            />
            {mayChange && <GroupSettings key={etag} name={name} role={value.role ?? ''} etag={etag} />}
          </>
        )}
      </Loaded>
      {adding && <AddMember group={name} onClose={() => setAdding(false)} onAdded={() => queries.invalidateQueries({ queryKey: groupsKey })} />}
    </Page>
  );
}

function GroupSettings({ name, role, etag }: { readonly name: string; readonly role: PlatformRole | ''; readonly etag: string | null }) {
  const [chosen, setChosen] = useState<PlatformRole | ''>(role === 'user' ? '' : role);
  const [removing, setRemoving] = useState(false);
  const queries = useQueryClient();
  const [, go] = useLocation();
  const save = useAction(async () => {
    await peopleApi.putGroup(name, chosen || null, etag);
    toast('Saved.');
  }, [groupsKey]);
  return (
    <Panel title="Settings">
      <form className="form" onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}>
        <RoleField value={chosen} onChange={setChosen} />
        {save.error !== undefined && <Failure error={save.error} />}
        <div className="actions">
          <Button type="submit" kind="primary" busy={save.busy}>Save</Button>
          <Button kind="danger" onClick={() => setRemoving(true)}>Remove this group…</Button>
        </div>
      </form>
      {removing && (
        <Confirm title={`Remove ${name}?`} action="Remove it" onClose={() => setRemoving(false)} onConfirm={async () => {
          await peopleApi.removeGroup(name);
          go('/people/groups');
          await queries.invalidateQueries({ queryKey: groupsKey });
        }}>
          What its members had by it only, they have no longer. The accounts stay.
        </Confirm>
      )}
    </Panel>
  );
}

function AddMember({ group, onClose, onAdded }: { readonly group: string; readonly onClose: () => void; readonly onAdded: () => Promise<unknown> }) {
  const [account, setAccount] = useState('');
  const [tried, setTried] = useState(false);
  const missing = account.trim() === '' ? 'Who?' : undefined;
  return (
    <FormDialog
      title={`Add to ${group}`}
      action="Add"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !missing;
      }}
      onSubmit={async () => {
        await peopleApi.addMember(group, account.trim());
        await onAdded();
      }}
    >
      <TextField label="Account" autoComplete="off" spellCheck={false} value={account} onChange={(event) => setAccount(event.target.value)} error={tried ? missing : undefined} />
    </FormDialog>
  );
}
