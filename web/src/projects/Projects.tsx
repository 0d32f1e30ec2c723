import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { projectsApi, type Project, type ProjectVisibility } from '../api/projects';
import { Button } from '../design/Button';
import { Segments, SelectField, TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Moment } from '../design/Moment';
import { Badge, Page } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';

export const projectsKey = ['projects'];
export const servicesKey = (project: string) => [...projectsKey, project, 'services'];

const columns: readonly Column<Project>[] = [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name,
    cell: (project) => (
      <>
        <Link to={`/projects/${project.name}`} className="name truncate">{project.title || project.name}</Link>
        <span className="under truncate">{project.title ? project.name : project.description}</span>
      </>
    ),
  },
  { key: 'role', title: 'My role', width: '7.5rem', sort: ({ role }) => role ?? '', cell: ({ role }) => (role ? <Badge tone="accent">{role}</Badge> : <span className="faint">none</span>) },
  { key: 'members', title: 'Members', width: '6rem', end: true, wideOnly: true, sort: ({ members }) => members ?? 0, cell: ({ members }) => <span className="numeric">{members ?? ''}</span> },
  { key: 'visibility', title: 'Seen by', width: '9rem', wideOnly: true, sort: ({ visibility }) => visibility, cell: ({ visibility }) => visibilityText(visibility) },
  { key: 'created', title: 'Made', width: '7.5rem', wideOnly: true, sort: ({ created }) => created, cell: ({ created, deleted }) => (deleted ? <Badge tone="danger">deleted</Badge> : <Moment at={created} />) },
];

const deletedColumns: readonly Column<Project>[] = [...columns, {
  key: 'restore', title: 'Have it back', silent: true, width: '8rem', end: true, cell: (project) => project.may?.includes('change') && <Restore name={project.name} />,
}];

function Restore({ name }: { readonly name: string }) {
  const restore = useAction(async () => {
    try {
      await projectsApi.restore(name);
      toast(`${name} is back.`);
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : 'It did not work.', 'danger');
    }
  }, [projectsKey]);
  return <Button size="small" icon="replay" busy={restore.busy} aria-label={`Have ${name} back`} onClick={() => void restore.run()}>Have it back</Button>;
}

export const visibilityText = (visibility: string) => (visibility === 'private' ? 'members' : visibility === 'internal' ? 'all signed in' : visibility);

export default function Projects() {
  const [search, setSearch] = useSearchParams();
  const deleted = search.get('show') === 'deleted';
  const [adding, setAdding] = useState(false);
  const query = useQuery({ queryKey: [...projectsKey, { deleted }], queryFn: () => projectsApi.list(deleted) });
  return (
    <Page
      title="Projects"
      lead="People who work on the same thing, and what they share: tasks, tunnels, service accounts, quotas."
      actions={<Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New project</Button>}
    >
      <Loaded query={query} lines={5}>
        {(rows) => (
          <Table
            label="Projects"
            noun="projects"
            rows={deleted ? rows.filter((project) => project.deleted) : rows.filter((project) => !project.deleted)}
            columns={deleted ? deletedColumns : columns}
            keyOf={({ name }) => name}
            textOf={({ name, title, description }) => `${name} ${title ?? ''} ${description ?? ''}`}
            sortBy="name"
            tools={
              <Segments
                label="Which projects"
                value={deleted ? 'deleted' : 'present'}
                onChange={(to) => setSearch(to === 'deleted' ? { show: 'deleted' } : {})}
                options={[{ value: 'present', text: 'Present' }, { value: 'deleted', text: 'Deleted' }]}
              />
            }
            empty={deleted
              ? <Empty icon="project" title="Nothing was deleted">A deleted project can be had back for some days; it would be here.</Empty>
              : <Empty icon="project" title="No projects yet" command="adit project create churn" action={<Button icon="plus" onClick={() => setAdding(true)}>New project</Button>}>
                  Make one for a team: its members see what is shared with the project, and each other's tunnels in it.
                </Empty>}
          />
        )}
      </Loaded>
      {adding && <NewProject onClose={() => setAdding(false)} />}
    </Page>
  );
}

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function NewProject({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const [visibility, setVisibility] = useState<ProjectVisibility>('private');
  const [tried, setTried] = useState(false);
  const wrong = namePattern.test(name) ? undefined : 'Letters a to z, digits and hyphens; up to 63.';
  return (
    <FormDialog
      title="A new project"
      action="Make it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrong;
      }}
      onSubmit={async () => {
        await projectsApi.create({ name, visibility, ...(title.trim() && { title: title.trim() }), ...(description.trim() && { description: description.trim() }) });
        await queries.invalidateQueries({ queryKey: projectsKey });
        go(`/projects/${name}`);
      }}
    >
      <TextField label="Name" className="mono" autoComplete="off" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} error={tried ? wrong : undefined} hint="For addresses and commands; it stays as it is." />
      <TextField label="Title" optional value={title} onChange={(event) => setTitle(event.target.value)} />
      <TextArea label="What is it for?" optional rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
      <SelectField label="Who sees that it exists" value={visibility} onChange={(event) => setVisibility(event.target.value as ProjectVisibility)}>
        <option value="private">Its members</option>
        <option value="internal">Everybody who can sign in</option>
      </SelectField>
    </FormDialog>
  );
}
