import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { volumesApi, type Volume, type VolumeName, type VolumeRef } from '../api/volumes';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Confirm } from '../design/Dialog';
import { SelectField, TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Moment } from '../design/Moment';
import { Badge, Facts, Panel } from '../design/Page';
import { Empty, Failure } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { bytes, count } from '../design/words';
import { volumeKey, volumesKey } from './keys';
import { addressOf, SnapshotLink, SnapshotOptions, withQuery } from './parts';
import { useNewest } from './useSnapshots';

/** What a volume is: its names for snapshots, what is said of it, and its end. */
export function VolumeAbout({ of, volume }: { readonly of: VolumeName; readonly volume: Volume }) {
  const mayWrite = volume.may?.includes('write') ?? false;
  const { latest } = volume;
  return (
    <>
      <Panel title="Facts">
        <Facts items={[
          ['Project', <Link key="project" to={`/projects/${of.project}`}>{of.project}</Link>],
          ['Kind', volume.kind],
          ['Made', <span key="made"><Moment at={volume.created} /> by {volume.createdBy}</span>],
          ['Newest', latest ? <span key="newest"><SnapshotLink of={of} id={latest.id} /> <Moment at={latest.created} /> by {latest.author}</span> : 'no snapshot yet'],
          latest ? ['Holds', `${count(latest.files ?? 0)} files, ${bytes(latest.bytes ?? 0)}`] : null,
          ['Id', <code key="id">{volume.id}</code>],
        ]} />
      </Panel>
      <Names of={of} volume={volume} mayWrite={mayWrite} />
      <Panel title="By command"><div className="stack tight"><Command text={`adit pull ${of.project}/${of.volume} DIR`} />{mayWrite && <Command text={`adit push DIR ${of.project}/${of.volume}`} />}</div></Panel>
      {mayWrite && <Description key={volume.description} of={of} volume={volume} />}
      {volume.may?.includes('remove') && <Removal of={of} />}
    </>
  );
}

function Names({ of, volume, mayWrite }: { readonly of: VolumeName; readonly volume: Volume; readonly mayWrite: boolean }) {
  const queries = useQueryClient();
  const refs = volume.refs ?? [];
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  const add = mayWrite && refs.length > 0 && <Button icon="plus" onClick={() => setAdding(true)}>Add a tag</Button>;
  const columns: readonly Column<VolumeRef>[] = [
    { key: 'name', title: 'Name', sort: ({ name }) => name, cell: ({ name }) => <Link className="name truncate" to={withQuery(addressOf(of), { at: name })}>{name}</Link> },
    { key: 'kind', title: 'Kind', width: '6rem', sort: ({ isTag }) => (isTag ? 'tag' : 'branch'), cell: ({ isTag }) => <Badge tone={isTag ? 'info' : 'accent'}>{isTag ? 'tag' : 'branch'}</Badge> },
    { key: 'snapshot', title: 'Snapshot', width: '9rem', wideOnly: true, cell: ({ snapshot }) => <SnapshotLink of={of} id={snapshot} /> },
    { key: 'remove', title: 'Remove', silent: true, width: '6.5rem', end: true, cell: ({ name, isTag }) => mayWrite && isTag && <Button size="small" kind="quiet" aria-label={`Remove the tag ${name}`} onClick={() => setRemoving(name)}>Remove…</Button> },
  ];
  return (
    <>
      <Table label="Branches and tags" noun="names" rows={refs} columns={columns} keyOf={({ name }) => name} sortBy="kind" tools={<><h2>Branches and tags</h2>{add}</>}
        empty={<Empty icon="volume" title="No names yet">The first snapshot begins the branch main. A tag names one snapshot and stays where it is.</Empty>} />
      {adding && <NewTag of={of} refs={refs} onClose={() => setAdding(false)} />}
      {removing !== undefined && (
        <Confirm title={`Remove the tag ${removing}?`} action="Remove it" onClose={() => setRemoving(undefined)} onConfirm={async () => {
          await volumesApi.removeTag(of, removing);
          toast('The tag was removed.');
          await queries.invalidateQueries({ queryKey: volumeKey(of) });
        }}>
          The snapshot stays. Who names it by the tag no longer finds it.
        </Confirm>
      )}
    </>
  );
}

const tagPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

function NewTag({ of, refs, onClose }: { readonly of: VolumeName; readonly refs: readonly VolumeRef[]; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const newest = useNewest(of);
  const [tag, setTag] = useState('');
  const [snapshot, setSnapshot] = useState(refs.find(({ name }) => name === 'main')?.name ?? refs[0]?.name ?? '');
  const [tried, setTried] = useState(false);
  const wrong = !tagPattern.test(tag) ? '1 to 63 letters, digits, hyphens, dots and underscores.' : refs.some(({ name }) => name === tag) ? 'This name is taken.' : undefined;
  return (
    <FormDialog title="A new tag" action="Add it" onClose={onClose} ready={() => {
      setTried(true);
      return !wrong;
    }} onSubmit={async () => {
      await volumesApi.setTag(of, tag, snapshot);
      toast(`${tag} names that snapshot.`);
      await queries.invalidateQueries({ queryKey: volumeKey(of) });
    }}>
      <TextField label="Tag" className="mono" autoComplete="off" spellCheck={false} maxLength={63} value={tag} onChange={(event) => setTag(event.target.value)} error={tried ? wrong : undefined} hint="It stays at its snapshot, whatever is pushed." />
      <SelectField label="Snapshot" value={snapshot} onChange={(event) => setSnapshot(event.target.value)}><SnapshotOptions refs={refs} snapshots={newest} value={snapshot} /></SelectField>
    </FormDialog>
  );
}

function Description({ of, volume }: { readonly of: VolumeName; readonly volume: Volume }) {
  const [description, setDescription] = useState(volume.description ?? '');
  const save = useAction(async () => {
    await volumesApi.describe(of, description.trim());
    toast('Saved.');
  }, [volumesKey]);
  return (
    <Panel title="What is in it">
      <form className="form" onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}>
        <TextArea label="Description" optional rows={3} maxLength={1000} value={description} onChange={(event) => setDescription(event.target.value)} />
        {save.error !== undefined && <Failure error={save.error} />}
        <div className="actions"><Button type="submit" busy={save.busy}>Save</Button></div>
      </form>
    </Panel>
  );
}

function Removal({ of }: { readonly of: VolumeName }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [asked, setAsked] = useState(false);
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const name = `${of.project}/${of.volume}`;
  return (
    <Panel title="The end of it" lead="It cannot be had back.">
      <Button kind="danger" onClick={() => setAsked(true)}>Remove this volume…</Button>
      {asked && (
        <FormDialog title={`Remove ${name}?`} action="Remove it for ever" onClose={() => setAsked(false)} ready={() => {
          setTried(true);
          return typed === name;
        }} onSubmit={async () => {
          await volumesApi.remove(of);
          toast(`${name} was removed.`);
          go('/volumes');
          queries.removeQueries({ queryKey: volumeKey(of) });
          await queries.invalidateQueries({ queryKey: volumesKey });
        }}>
          <p className="muted">All its snapshots go, and what no other volume of the project has of their content.</p>
          <TextField label={`Type ${name}`} className="mono" autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} error={tried && typed !== name ? `That is not ${name}.` : undefined} />
        </FormDialog>
      )}
    </Panel>
  );
}
