import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { peopleApi, type Group } from '../api/people';
import type { PlatformRole } from '../api/session';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { SelectField, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Page, Tabs } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { RoleBadge } from './badges';
import { peopleTabs } from './People';

export const groupsKey = ['groups'];

const sizeOf = (group: Group) => group.size ?? group.members?.length ?? 0;

const columns: readonly Column<Group>[] = [
  { key: 'name', title: 'Name', sort: ({ name }) => name, cell: ({ name }) => <Link to={`/people/groups/${encodeURIComponent(name)}`} className="name truncate">{name}</Link> },
  { key: 'members', title: 'Members', width: '6.5rem', end: true, sort: sizeOf, cell: (group) => <span className="numeric">{sizeOf(group).toLocaleString('en')}</span> },
  { key: 'role', title: 'Gives the role', width: '9rem', sort: ({ role }) => role ?? '', cell: ({ role }) => (role && role !== 'user' ? <RoleBadge role={role} /> : <span className="faint">none</span>) },
];

export default function Groups() {
  const { role } = useSession();
  const query = useQuery({ queryKey: groupsKey, queryFn: peopleApi.groups });
  const [adding, setAdding] = useState(false);
  const add = role === 'admin' && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New group</Button>;
  return (
    <Page title="Groups" lead="Of the hub itself, and those that a directory or provider says somebody is in." actions={add}>
      {role !== 'user' && <Tabs label="People" items={peopleTabs} current="/people/groups" />}
      <Loaded query={query} lines={4}>
        {(rows) => (
          <Table
            label="Groups"
            noun="groups"
            rows={rows}
            columns={columns}
            keyOf={({ name }) => name}
            textOf={({ name }) => name}
            sortBy="name"
            empty={<Empty icon="people" title="No groups yet" command="adit group add ds anna">A group may open tunnels, be a member of projects, and give a role; whoever joins it has all of that at once.</Empty>}
          />
        )}
      </Loaded>
      {adding && <NewGroup onClose={() => setAdding(false)} />}
    </Page>
  );
}

function NewGroup({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const [role, setRole] = useState<PlatformRole | ''>('');
  const [tried, setTried] = useState(false);
  const missing = name.trim() === '' ? 'Give it a name.' : undefined;
  return (
    <FormDialog
      title="A new group"
      action="Make it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !missing;
      }}
      onSubmit={async () => {
        await peopleApi.putGroup(name.trim(), role || null);
        await queries.invalidateQueries({ queryKey: groupsKey });
        go(`/people/groups/${encodeURIComponent(name.trim())}`);
      }}
    >
      <TextField label="Name" className="mono" autoComplete="off" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} error={tried ? missing : undefined} />
      <RoleField value={role} onChange={setRole} />
    </FormDialog>
  );
}

export function RoleField({ value, onChange }: { readonly value: PlatformRole | ''; readonly onChange: (role: PlatformRole | '') => void }) {
  return (
    <SelectField label="Gives its members the role" value={value} onChange={(event) => onChange(event.target.value as PlatformRole | '')}>
      <option value="">none</option>
      <option value="auditor">auditor</option>
      <option value="admin">admin</option>
    </SelectField>
  );
}
