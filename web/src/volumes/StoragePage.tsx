import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { volumesApi, type ProjectStorage } from '../api/volumes';
import { Badge, Figures, Page, Tabs } from '../design/Page';
import { Empty, Loaded, Notice } from '../design/States';
import { Table, type Column } from '../design/Table';
import { bytes, count } from '../design/words';
import { settingsTabs } from '../settings/Settings';

const columns: readonly Column<ProjectStorage>[] = [
  {
    key: 'project', title: 'Project', sort: ({ project }) => project,
    cell: ({ project, snapshots }) => (
      <>
        <Link className="name truncate" to={`/projects/${project}/volumes`}>{project}</Link>
        <span className="under truncate">{count(snapshots ?? 0)} {snapshots === 1 ? 'snapshot' : 'snapshots'}</span>
      </>
    ),
  },
  { key: 'stored', title: 'Stored', width: '6.5rem', end: true, sort: ({ storedBytes }) => storedBytes ?? 0, cell: ({ storedBytes }) => <span className="numeric">{bytes(storedBytes ?? 0)}</span> },
  { key: 'plain', title: 'Plain', width: '6.5rem', end: true, wideOnly: true, sort: ({ plainBytes }) => plainBytes ?? 0, cell: ({ plainBytes }) => <span className="numeric">{bytes(plainBytes ?? 0)}</span> },
  { key: 'snapshots', title: 'All snapshots', width: '8rem', end: true, wideOnly: true, sort: ({ snapshotBytes }) => snapshotBytes ?? 0, cell: ({ snapshotBytes }) => <span className="numeric">{bytes(snapshotBytes ?? 0)}</span> },
  { key: 'chunks', title: 'Chunks', width: '6rem', end: true, wideOnly: true, sort: ({ chunks }) => chunks ?? 0, cell: ({ chunks }) => <span className="numeric">{count(chunks ?? 0)}</span> },
  {
    key: 'damaged', title: 'State', width: '8rem', sort: ({ damagedChunks }) => damagedChunks ?? 0,
    cell: ({ damagedChunks }) => (damagedChunks ? <Badge tone="danger">{count(damagedChunks)} damaged</Badge> : <Badge tone="ok">no damage</Badge>),
  },
];

/** What the content of volumes takes, by project. */
export default function StoragePage() {
  const query = useQuery({ queryKey: ['storage'], queryFn: volumesApi.storage });
  return (
    <Page title="Storage" lead="What the content of volumes takes on the hub’s disk. What is the same in two places of a project is there once.">
      <Tabs label="Settings" items={settingsTabs} current="/settings/storage" />
      <Loaded query={query} lines={5}>
        {(rows) => {
          const sum = (of: (row: ProjectStorage) => number | undefined) => rows.reduce((all, row) => all + (of(row) ?? 0), 0);
          const damaged = sum(({ damagedChunks }) => damagedChunks);
          return (
            <>
              {damaged > 0 && <Notice kind="danger"><span>{count(damaged)} {damaged === 1 ? 'chunk is' : 'chunks are'} damaged. <code>adit store check</code> says which snapshots are not whole: push their files again.</span></Notice>}
              {rows.length > 0 && (
                <Figures items={[
                  ['stored on the disk', bytes(sum(({ storedBytes }) => storedBytes))],
                  ['before compression', bytes(sum(({ plainBytes }) => plainBytes))],
                  ['all snapshots, each as a copy', bytes(sum(({ snapshotBytes }) => snapshotBytes))],
                  ['snapshots', count(sum(({ snapshots }) => snapshots))],
                ]} />
              )}
              <Table label="Storage by project" noun="projects" rows={rows} columns={columns} keyOf={({ project }) => project} textOf={({ project }) => project} sortBy="stored" descending
                empty={<Empty icon="volume" title="Nothing is stored yet" command="adit push DIR project/name">What people push into volumes is counted here, by project.</Empty>} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
