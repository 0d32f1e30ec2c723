import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { projectsApi, type Project, type ProjectVisibility } from '../api/projects';
import { isMissing } from '../api/problem';
import { useSession } from '../app/session';
import { Button, ButtonLink } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { SelectField, TextArea, TextField } from '../design/Field';
import { Moment } from '../design/Moment';
import { Badge, Long, Page, Panel, Tabs } from '../design/Page';
import { Failure, Loaded, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { Secrets } from '../secrets/Secrets';
import { Members } from './Members';
import { projectsKey } from './Projects';
import { Services } from './Services';
import { mayWriteIn } from '../volumes/NewVolume';
import { VolumeTable } from '../volumes/VolumeTable';

export default function ProjectPage({ name, part }: { readonly name: string; readonly part: string }) {
  const query = useQuery({ queryKey: [...projectsKey, name], queryFn: () => projectsApi.find(name) });
  const { role } = useSession();
  const project = query.data?.value;
  const restore = useAction(async () => {
    await projectsApi.restore(name);
    toast(`${name} is back.`);
  }, [projectsKey]);
  const at = `/projects/${name}`;
  const shown = part === 'settings' && !project?.may?.includes('change') ? 'members' : part;
  return (
    <Page title={isMissing(query.error) ? 'No such project' : project?.title || name} crumb={{ to: '/projects', text: 'Projects' }} lead={project?.description && <Long text={project.description} />}
      actions={project && <>{project.role && <Badge tone="accent">you are {project.role}</Badge>}<ButtonLink to={`/usage?by=user&project=${name}`} icon="usage">Usage</ButtonLink></>}>
      <Loaded query={query} lines={5}>
        {({ value, etag }) => value.deleted ? (
          <Notice kind="warn">
            <span>This project was deleted <Moment at={value.deleted} />. {value.ends ? <>Until <Moment at={value.ends} /></> : 'Until its grace time is over'} it can be had back, with all that was in it.</span>
            {restore.error !== undefined && <Failure error={restore.error} />}
            {value.may?.includes('change') && <Button size="small" icon="replay" busy={restore.busy} onClick={() => void restore.run()}>Have it back</Button>}
          </Notice>
        ) : (
          <>
            <Tabs
              label={`Parts of ${name}`}
              items={[{ to: at, text: 'Members' }, { to: `${at}/services`, text: 'Service accounts' }, { to: `${at}/volumes`, text: 'Volumes' }, { to: `${at}/secrets`, text: 'Secrets' }, ...(value.may?.includes('change') ? [{ to: `${at}/settings`, text: 'Settings' }] : [])]}
              current={shown === 'members' ? at : `${at}/${shown}`}
            />
            {shown === 'settings' ? <ProjectSettings key={etag} project={value} etag={etag} /> : shown === 'services' ? <Services project={value} /> : shown === 'secrets' ? <Secrets project={name} mayAdd={value.may?.includes('members') ?? false} /> : shown === 'volumes' ? <VolumeTable project={name} mayAdd={mayWriteIn(value, role)} /> : <Members project={value} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function ProjectSettings({ project, etag }: { readonly project: Project; readonly etag: string | null }) {
  const [title, setTitle] = useState(project.title ?? '');
  const [description, setDescription] = useState(project.description ?? '');
  const [visibility, setVisibility] = useState(project.visibility);
  const [deleting, setDeleting] = useState(false);
  const [, go] = useLocation();
  const save = useAction(async () => {
    await projectsApi.change(project.name, { title: title.trim(), description: description.trim(), visibility }, etag);
    toast('Saved.');
  }, [projectsKey]);
  const queries = useQueryClient();
  return (
    <>
      <Panel title="About it">
        <form className="form" onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}>
          <TextField label="Title" optional value={title} onChange={(event) => setTitle(event.target.value)} />
          <TextArea label="What is it for?" optional rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
          <SelectField label="Who sees that it exists" value={visibility} onChange={(event) => setVisibility(event.target.value as ProjectVisibility)}>
            <option value="private">Its members</option>
            <option value="internal">Everybody who can sign in</option>
          </SelectField>
          {save.error !== undefined && <Failure error={save.error} />}
          <div className="actions"><Button type="submit" kind="primary" busy={save.busy}>Save</Button></div>
        </form>
      </Panel>
      <Panel title="The end of it" lead="It can be had back for some days.">
        <Button kind="danger" onClick={() => setDeleting(true)}>Delete this project…</Button>
      </Panel>
      {deleting && (
        <Confirm title={`Delete ${project.name}?`} action="Delete it" onClose={() => setDeleting(false)} onConfirm={async () => {
          await projectsApi.remove(project.name);
          await queries.invalidateQueries({ queryKey: projectsKey });
          toast(`${project.name} was deleted.`);
          go('/projects');
        }}>
          Nobody reaches it or what is in it any more. Until its grace time is over an owner can have it back; then it is gone.
        </Confirm>
      )}
    </>
  );
}
