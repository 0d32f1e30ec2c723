import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { projectsApi } from '../api/projects';
import { Page } from '../design/Page';
import { useWritable } from './NewVolume';
import { VolumeTable } from './VolumeTable';
import './volumes.css';

/** Versions of directories: what there is, of which project and kind. The address holds the choice. */
export default function Volumes() {
  const [search, setSearch] = useSearchParams();
  const project = search.get('project') ?? '';
  const kind = search.get('kind') ?? '';
  const projects = useQuery({ queryKey: ['projects', { deleted: false }], queryFn: () => projectsApi.list(false) }).data ?? [];
  const writable = useWritable();
  const choose = (name: string, value: string) => setSearch((now) => {
    const next = new URLSearchParams(now);
    if (value) next.set(name, value);
    else next.delete(name);
    return next;
  });
  return (
    <Page title="Volumes" lead="Directories with all their versions: data that many read, and what people work on.">
      <VolumeTable
        key={project}
        {...(project && { project })}
        kind={kind}
        mayAdd={project ? writable.some(({ name }) => name === project) : writable.length > 0}
        tools={(
          <>
            <select className="input volume-choice" aria-label="Project" value={project} onChange={(event) => choose('project', event.target.value)}>
              <option value="">All projects</option>
              {project && !projects.some(({ name }) => name === project) && <option value={project}>{project}</option>}
              {projects.filter(({ deleted }) => !deleted).map(({ name }) => <option key={name} value={name}>{name}</option>)}
            </select>
            <select className="input volume-choice" aria-label="Kind" value={kind} onChange={(event) => choose('kind', event.target.value)}>
              <option value="">All kinds</option>
              <option value="workspace">Workspaces</option>
              <option value="dataset">Datasets</option>
            </select>
          </>
        )}
      />
    </Page>
  );
}
