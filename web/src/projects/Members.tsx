import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { projectRoles, projectsApi, subjectOf, type Project, type ProjectMember, type ProjectRole } from '../api/projects';
import { servicesApi } from '../api/services';
import { Button, IconButton } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { SelectField, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { projectsKey, servicesKey } from './Projects';

/** What the roles are, for whoever chooses one. */
export const roleText: Readonly<Record<ProjectRole, string>> = {
  viewer: 'viewer: sees and uses what is shared',
  member: 'member: also makes things',
  maintainer: 'maintainer: also changes what others made, and members',
  owner: 'owner: also the settings and the end of it',
};

/** Those that a maintainer gives and takes away. */
const lesserRoles: readonly ProjectRole[] = projectRoles.filter((one) => one !== 'owner' && one !== 'maintainer');

/** Who is in a project, and as what. */
export function Members({ project }: { readonly project: Project }) {
  const isOwner = project.may?.includes('change') ?? false;
  const mayAdd = isOwner || (project.may?.includes('members') ?? false);
  // What concerns maintainers and owners is for owners.
  const mayChange = (member: ProjectMember) => isOwner || (mayAdd && lesserRoles.includes(member.role));
  const key = [...projectsKey, project.name, 'members'];
  const query = useQuery({ queryKey: key, queryFn: () => projectsApi.members(project.name) });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ProjectMember>();
  const [changing, setChanging] = useState<ProjectMember>();
  // Only to call them what they are: without an answer they are accounts.
  const { data: programs } = useQuery({ queryKey: servicesKey(project.name), queryFn: () => servicesApi.list(project.name) });

  const columns: readonly Column<ProjectMember>[] = [
    {
      key: 'who', title: 'Who', sort: subjectOf,
      cell: (member) => (
        <>
          <span className="truncate"><strong>{member.name}</strong></span>
          <span className="under">{programs?.some(({ name }) => member.kind === 'account' && name === member.name) ? 'service account' : member.kind}</span>
        </>
      ),
    },
    {
      key: 'role', title: 'Role', width: '12rem', sort: (member) => projectRoles.indexOf(member.role),
      cell: (member) => mayChange(member) ? (
        <span className="row apart">
          {member.role}
          <Button size="small" aria-label={`Change the role of ${nameOf(subjectOf(member))}`} onClick={() => setChanging(member)}>Change…</Button>
        </span>
      ) : member.role,
    },
    {
      key: 'end', title: 'Remove', silent: true, width: '3.5rem', end: true,
      cell: (member) => mayChange(member) && <IconButton icon="cross" label={`Remove ${nameOf(subjectOf(member))}`} small onClick={() => setRemoving(member)} />,
    },
  ];

  return (
    <>
      <Loaded query={query} lines={4}>
        {(rows) => (
          <Table
            label={`Members of ${project.name}`}
            noun="members"
            rows={rows}
            columns={columns}
            keyOf={subjectOf}
            textOf={(member) => `${subjectOf(member)} ${member.role}`}
            sortBy="who"
            tools={mayAdd && <Button icon="plus" onClick={() => setAdding(true)}>Add</Button>}
            empty={
              <Empty icon="people" title="Nobody is in it yet" command={`adit project member add ${project.name} NAME --role member`}
                action={mayAdd && <Button icon="plus" onClick={() => setAdding(true)}>Add somebody</Button>}>
                Members see what is shared with the project. Add people one by one, or a whole group.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <AddMember project={project.name} roles={isOwner ? projectRoles : lesserRoles} onClose={() => setAdding(false)} />}
      {changing && <ChangeRole project={project.name} member={changing} roles={isOwner ? projectRoles : lesserRoles} onClose={() => setChanging(undefined)} />}
      {removing && (
        <Confirm title={`Remove ${nameOf(subjectOf(removing))}?`} action="Remove" onClose={() => setRemoving(undefined)} onConfirm={async () => {
          await projectsApi.removeMember(project.name, subjectOf(removing));
          await query.refetch();
        }}>
          What is open to the project only is closed to them at once.
        </Confirm>
      )}
    </>
  );
}

const nameOf = (subject: string) => subject.slice(subject.indexOf(':') + 1);

function ChangeRole({ project, member, roles, onClose }: { readonly project: string; readonly member: ProjectMember; readonly roles: readonly ProjectRole[]; readonly onClose: () => void }) {
  const [role, setRole] = useState(member.role);
  const queries = useQueryClient();
  return (
    <FormDialog title={`The role of ${member.name}`} action="Save" onClose={onClose} ready={() => true} onSubmit={async () => {
      if (role === member.role) return;
      await projectsApi.putMember(project, subjectOf(member), role);
      toast(`${member.name} is ${role} now.`);
      await queries.invalidateQueries({ queryKey: projectsKey });
    }}>
      <RoleChoice roles={roles} role={role} onChange={setRole} />
    </FormDialog>
  );
}

function RoleChoice({ roles, role, onChange }: { readonly roles: readonly ProjectRole[]; readonly role: ProjectRole; readonly onChange: (role: ProjectRole) => void }) {
  return (
    <SelectField label="Role" value={role} onChange={(event) => onChange(event.target.value as ProjectRole)}>
      {roles.map((one) => <option key={one} value={one}>{roleText[one]}</option>)}
    </SelectField>
  );
}

function AddMember({ project, roles, onClose }: { readonly project: string; readonly roles: readonly ProjectRole[]; readonly onClose: () => void }) {
  const [kind, setKind] = useState('account');
  const [name, setName] = useState('');
  const [role, setRole] = useState<ProjectRole>('member');
  const [tried, setTried] = useState(false);
  const queries = useQueryClient();
  return (
    <FormDialog
      title={`Add to ${project}`}
      action="Add"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return name.trim() !== '';
      }}
      onSubmit={async () => {
        await projectsApi.putMember(project, `${kind}:${name.trim()}`, role);
        await queries.invalidateQueries({ queryKey: projectsKey });
      }}
    >
      <div className="pair">
        <SelectField label="What" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="account">One account</option>
          <option value="group">A group</option>
        </SelectField>
        <TextField label="Name" autoComplete="off" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} error={tried && name.trim() === '' ? 'Who?' : undefined} />
      </div>
      <RoleChoice roles={roles} role={role} onChange={setRole} />
    </FormDialog>
  );
}
