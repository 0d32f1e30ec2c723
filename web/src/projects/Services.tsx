import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Project, ProjectRole } from '../api/projects';
import { servicesApi, type ServiceAccount } from '../api/services';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { SelectField, TextField } from '../design/Field';
import { Moment } from '../design/Moment';
import { FormDialog } from '../design/FormDialog';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { StateBadge } from '../people/badges';
import { nameRefusal } from '../people/names';
import { MakeToken } from '../tokens/NewToken';
import { roleText } from './Members';
import { projectsKey, servicesKey } from './Projects';

const columnsOf = (project: string): readonly Column<ServiceAccount>[] => [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name,
    cell: ({ name, role }) => (
      <>
        <Link to={`/projects/${encodeURIComponent(project)}/services/${encodeURIComponent(name)}`} className="name truncate">{name}</Link>
        <span className="under truncate">{role ?? 'no member any more'}</span>
      </>
    ),
  },
  { key: 'tokens', title: 'Tokens', width: '5.5rem', end: true, sort: ({ tokens }) => tokens ?? -1, cell: ({ tokens }) => <span className="numeric">{tokens ?? '–'}</span> },
  { key: 'used', title: 'Last used', width: '7.5rem', wideOnly: true, sort: ({ lastUsed }) => lastUsed ?? '', cell: ({ tokens, lastUsed }) => <Moment at={lastUsed} never={tokens === undefined ? '–' : 'never'} /> },
  { key: 'state', title: 'State', width: '6.5rem', sort: ({ state }) => state, cell: ({ state }) => <StateBadge state={state} /> },
];

/** The accounts of programs that work for a project. */
export function Services({ project }: { readonly project: Project }) {
  const mayChange = project.may?.includes('members') ?? false;
  const query = useQuery({ queryKey: servicesKey(project.name), queryFn: () => servicesApi.list(project.name) });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<string>();
  const add = mayChange && <Button icon="plus" onClick={() => setAdding(true)}>New service account</Button>;
  return (
    <>
      <Loaded query={query} lines={3}>
        {(rows) => (
          <Table
            label={`Service accounts of ${project.name}`}
            noun="service accounts"
            rows={rows}
            columns={columnsOf(project.name)}
            keyOf={({ name }) => name}
            textOf={({ name }) => name}
            sortBy="name"
            tools={rows.length > 0 && add}
            empty={
              <Empty icon="token" title="No service accounts yet" command={`adit project service create ${project.name} ${project.name}-ci`} action={add}>
                A pipeline should not act as a person, whose tokens end when they leave. Make an account for it, and a token that may do one thing.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <NewService project={project} onClose={() => setAdding(false)} onMade={(name) => {
        setAdding(false);
        setMade(name);
      }} />}
      {made && <MakeToken owner={made} project={project.name} onClose={() => setMade(undefined)} />}
    </>
  );
}

function NewService({ project, onClose, onMade }: { readonly project: Project; readonly onClose: () => void; readonly onMade: (name: string) => void }) {
  const { role: mine } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<ProjectRole>('member');
  const [tried, setTried] = useState(false);
  const wrong = nameRefusal(name);
  const roles: readonly ProjectRole[] = mine === 'admin' || project.role === 'owner' ? ['viewer', 'member', 'maintainer'] : ['viewer', 'member'];
  return (
    <FormDialog
      title={`A service account of ${project.name}`}
      action="Make it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrong;
      }}
      onSubmit={async () => {
        await servicesApi.create(project.name, name, role);
        await queries.invalidateQueries({ queryKey: projectsKey });
        onMade(name);
        return false;
      }}
    >
      <TextField label="Name" className="mono" autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder={`${project.name}-ci`} value={name} onChange={(event) => setName(event.target.value)}
        error={tried ? wrong : undefined} hint="No other account of the hub has it, now or later. Next you make its first token." />
      <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value as ProjectRole)}>
        {roles.map((one) => <option key={one} value={one}>{roleText[one]}</option>)}
      </SelectField>
    </FormDialog>
  );
}
