import { useQuery } from '@tanstack/react-query';
import { volumesApi, type Volume, type VolumeName } from '../api/volumes';
import { isMissing } from '../api/problem';
import { Badge, Long, Page, Tabs } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Compare } from './Compare';
import { Files } from './Files';
import { History } from './History';
import { volumeKey } from './keys';
import { addressOf } from './parts';
import { VolumeAbout } from './VolumeAbout';
import './volumes.css';

/** One volume: its files at any snapshot, its history, what differs, and what it is. What is looked at is in the address. */
export default function VolumePage({ project, volume, part }: VolumeName & { readonly part: string }) {
  const of = { project, volume };
  const query = useQuery({ queryKey: volumeKey(of), queryFn: () => volumesApi.find(of) });
  return (
    <Page
      title={isMissing(query.error) ? 'No such volume' : `${project}/${volume}`}
      crumb={{ to: '/volumes', text: 'Volumes' }}
      heading={query.data && <span className="row">{project}/{volume}<Badge>{query.data.kind}</Badge></span>}
      lead={query.data?.description && <Long text={query.data.description} />}
    >
      <Loaded query={query} lines={6}>{(found) => <Parts of={of} volume={found} part={part} />}</Loaded>
    </Page>
  );
}

function Parts({ of, volume, part }: { readonly of: VolumeName; readonly volume: Volume; readonly part: string }) {
  const at = addressOf(of);
  const shown = ['history', 'compare', 'about'].includes(part) ? part : 'files';
  const isEmpty = !volume.latest && (volume.refs ?? []).length === 0;
  return (
    <>
      <Tabs
        label={`Parts of ${of.project}/${of.volume}`}
        items={[{ to: at, text: 'Files' }, { to: `${at}/history`, text: 'History' }, { to: `${at}/compare`, text: 'Compare' }, { to: `${at}/about`, text: 'About' }]}
        current={shown === 'files' ? at : `${at}/${shown}`}
      />
      {shown === 'about' ? <VolumeAbout of={of} volume={volume} /> : isEmpty ? <Nothing of={of} mayWrite={volume.may?.includes('write') ?? false} />
        : shown === 'history' ? <History of={of} volume={volume} /> : shown === 'compare' ? <Compare of={of} volume={volume} /> : <Files of={of} volume={volume} />}
    </>
  );
}

function Nothing({ of: { project, volume }, mayWrite }: { readonly of: VolumeName; readonly mayWrite: boolean }) {
  return (
    <div className="panel">
      {mayWrite
        ? <Empty icon="volume" title="Nothing in it yet" command={`adit push DIR ${project}/${volume}`}>The first push makes its first snapshot. Each later one sends only what is new.</Empty>
        : <Empty icon="volume" title="Nothing in it yet">When members of {project} push files here, they appear at once.</Empty>}
    </div>
  );
}
