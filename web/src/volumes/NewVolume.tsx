import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { projectsApi, type Project } from '../api/projects';
import { volumesApi, type VolumeKind } from '../api/volumes';
import { useSession } from '../app/session';
import { SelectField, TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { volumesKey } from './keys';
import { addressOf } from './parts';

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Projects in which one may make volumes: where one is a member or more; for admins all. */
export function useWritable(): readonly Project[] {
  const { role } = useSession();
  const query = useQuery({ queryKey: ['projects', { deleted: false }], queryFn: () => projectsApi.list(false) });
  return (query.data ?? []).filter((project) => !project.deleted && mayWriteIn(project, role));
}

/** Whether somebody may make volumes in a project. */
export const mayWriteIn = (project: Project, role: string) => role === 'admin' || (Boolean(project.role) && project.role !== 'viewer');

export function NewVolume({ project: given, onClose }: { readonly project?: string; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const projects = useWritable();
  const [chosen, setProject] = useState(given ?? '');
  const [name, setName] = useState('');
  const [kind, setKind] = useState<VolumeKind>('workspace');
  const [description, setDescription] = useState('');
  const [tried, setTried] = useState(false);
  const project = chosen || projects[0]?.name || '';
  const wrong = namePattern.test(name) ? undefined : 'Letters a to z, digits and hyphens inside; up to 63.';
  return (
    <FormDialog title="A new volume" action="Make it" onClose={onClose} ready={() => {
      setTried(true);
      return !wrong;
    }} onSubmit={async () => {
      await volumesApi.create({ project, name, kind, ...(description.trim() && { description: description.trim() }) });
      await queries.invalidateQueries({ queryKey: volumesKey });
      go(addressOf({ project, volume: name }));
    }}>
      <TextField label="Name" className="mono" autoComplete="off" spellCheck={false} maxLength={63} value={name} onChange={(event) => setName(event.target.value)} error={tried ? wrong : undefined} hint="For addresses and commands; it stays as it is." />
      {given === undefined && (
        <SelectField label="Project" value={project} onChange={(event) => setProject(event.target.value)}>
          {projects.map((one) => <option key={one.name} value={one.name}>{one.title ? `${one.title} (${one.name})` : one.name}</option>)}
        </SelectField>
      )}
      <SelectField label="Kind" value={kind} onChange={(event) => setKind(event.target.value as VolumeKind)} hint={kind === 'workspace' ? 'The working directory of somebody: written by one at a time.' : 'Files that many read.'}>
        <option value="workspace">Workspace</option>
        <option value="dataset">Dataset</option>
      </SelectField>
      <TextArea label="What is in it?" optional rows={3} maxLength={1000} value={description} onChange={(event) => setDescription(event.target.value)} />
    </FormDialog>
  );
}
