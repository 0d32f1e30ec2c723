import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { templatesApi, type Template, type TemplateVersion } from '../api/templates';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Confirm, Dialog } from '../design/Dialog';
import { Moment } from '../design/Moment';
import { Badge } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { templateKey, templatesKey } from './keys';

/** What was published, and the way back. */
export function TemplateVersions({ template, etag }: { readonly template: Template; readonly etag: string | null }) {
  const { slug } = template;
  const queries = useQueryClient();
  const mayChange = template.may?.includes('change') ?? false;
  const [shown, setShown] = useState<number>();
  const [again, setAgain] = useState<number>();
  const query = useQuery({ queryKey: [...templateKey(slug), 'versions'], queryFn: () => templatesApi.versions(slug) });
  const columns: readonly Column<TemplateVersion>[] = [
    {
      key: 'version', title: 'Version', sort: ({ version }) => version,
      cell: ({ version, note, of }) => (
        <>
          <button type="button" className="name truncate" onClick={() => setShown(version)}>version {version}</button>
          <span className="under truncate">{note ?? (of !== null && of !== undefined ? `version ${String(of)} again` : 'no note')}</span>
        </>
      ),
    },
    { key: 'by', title: 'By', width: '9rem', wideOnly: true, sort: ({ by }) => by, cell: ({ by }) => <span className="truncate">{by}</span> },
    { key: 'at', title: 'Published', width: '8rem', wideOnly: true, sort: ({ at }) => Date.parse(at), cell: ({ at }) => <Moment at={at} /> },
    {
      key: 'current', title: 'In use', width: '9rem', end: true, silent: true,
      cell: ({ version, isCurrent }) => isCurrent ? <Badge tone="ok">in use</Badge> : mayChange ? <Button size="small" onClick={() => setAgain(version)}>Publish again…</Button> : null,
    },
  ];
  return (
    <>
      <Loaded query={query} lines={3}>
        {(rows) => (
          <Table label={`Versions of ${slug}`} noun="versions" rows={rows} columns={columns} keyOf={({ version }) => String(version)}
            empty={<Empty icon="template" title="Nothing published yet">{template.isShipped ? 'It is used as it came with the hub.' : 'Until a draft is published, nobody can launch it.'}</Empty>} />
        )}
      </Loaded>
      {shown !== undefined && <Version slug={slug} version={shown} onClose={() => setShown(undefined)} />}
      {again !== undefined && (
        <Confirm title={`Publish version ${String(again)} again?`} action="Publish it" onClose={() => setAgain(undefined)} onConfirm={async () => {
          await templatesApi.publish(slug, { version: again }, etag);
          toast('Published. It holds for what is launched from now on.');
          await queries.invalidateQueries({ queryKey: templatesKey });
        }}>
          It becomes a new version and is used from then on. What runs goes on as it is.
        </Confirm>
      )}
    </>
  );
}

function Version({ slug, version, onClose }: { readonly slug: string; readonly version: number; readonly onClose: () => void }) {
  const query = useQuery({ queryKey: [...templateKey(slug), 'versions', version], queryFn: () => templatesApi.version(slug, String(version)), staleTime: Number.POSITIVE_INFINITY });
  return (
    <Dialog title={`${slug}, version ${String(version)}`} broad onClose={onClose}>
      <Loaded query={query} lines={6}>
        {({ yaml }) => yaml ? <Command text={yaml} lines label="Copy the document" /> : <p className="muted">Its document is for admins and auditors.</p>}
      </Loaded>
    </Dialog>
  );
}
