import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { volumesApi, type Volume } from '../api/volumes';
import { Button } from '../design/Button';
import { Moment } from '../design/Moment';
import { Badge } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { bytes, count } from '../design/words';
import { volumesKey } from './keys';
import { NewVolume } from './NewVolume';
import { addressOf, messageOf } from './parts';

const columns: readonly Column<Volume>[] = [
  {
    key: 'name', title: 'Name', sort: ({ project, name }) => `${project}/${name}`,
    cell: ({ project, name, description, latest }) => (
      <>
        <Link to={addressOf({ project, volume: name })} className="name truncate">{project}/{name}</Link>
        <span className="under truncate">{description || (latest ? <span className="only-narrow"><Moment at={latest.created} /> by {latest.author}</span> : 'empty')}</span>
      </>
    ),
  },
  { key: 'kind', title: 'Kind', width: '6.5rem', wideOnly: true, sort: ({ kind }) => kind, cell: ({ kind }) => <Badge>{kind}</Badge> },
  {
    key: 'latest', title: 'Newest snapshot', width: '16rem', wideOnly: true, sort: ({ latest }) => latest?.created ?? '',
    cell: ({ latest }) => (latest ? (
      <>
        <span className="truncate"><Moment at={latest.created} /> by {latest.author}</span>
        <span className="under truncate">{messageOf(latest) || latest.cause}</span>
      </>
    ) : <span className="faint">none yet</span>),
  },
  { key: 'files', title: 'Files', width: '5.5rem', end: true, wideOnly: true, sort: ({ latest }) => latest?.files ?? -1, cell: ({ latest }) => <span className="numeric">{latest ? count(latest.files ?? 0) : '–'}</span> },
  { key: 'size', title: 'Size', width: '6rem', end: true, sort: ({ latest }) => latest?.bytes ?? -1, cell: ({ latest }) => <span className="numeric">{latest ? bytes(latest.bytes ?? 0) : '–'}</span> },
];

/** The volumes that one may see, of a project or of all. */
export function VolumeTable({ project, kind = '', mayAdd, tools }: { readonly project?: string; readonly kind?: string; readonly mayAdd: boolean; readonly tools?: ReactNode }) {
  const query = useQuery({ queryKey: [...volumesKey, { project: project ?? '' }], queryFn: () => volumesApi.list(project) });
  const [adding, setAdding] = useState(false);
  const add = mayAdd && <Button icon="plus" onClick={() => setAdding(true)}>New volume</Button>;
  return (
    <>
      <Loaded query={query} lines={6}>
        {(rows) => (
          <Table
            label={project ? `Volumes of ${project}` : 'Volumes'}
            noun="volumes"
            rows={rows.filter((one) => kind === '' || one.kind === kind)}
            columns={columns}
            keyOf={({ id }) => id}
            textOf={({ project: of, name, description, latest }) => `${of}/${name} ${description ?? ''} ${latest?.author ?? ''} ${latest?.message ?? ''}`}
            sortBy="name"
            tools={<>{tools}{rows.length > 0 && add}</>}
            empty={kind !== '' && rows.length > 0 ? <Empty icon="volume" title={`No ${kind}s here`}>Volumes of the other kind are there: choose all kinds.</Empty> : (
              <Empty icon="volume" title="No volumes yet" command={`adit push DIR ${project ?? 'project'}/name`} action={add}>
                A volume keeps versions of a directory: each push is a snapshot, sends only what is new, and can be looked at, compared and had back. Make one, here or
                with <code>adit volume create</code>, and push a directory into it.
              </Empty>
            )}
          />
        )}
      </Loaded>
      {adding && <NewVolume {...(project && { project })} onClose={() => setAdding(false)} />}
    </>
  );
}
