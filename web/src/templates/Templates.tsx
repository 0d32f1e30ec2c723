import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { templatesApi, type Template } from '../api/templates';
import { useSession } from '../app/session';
import { Button, ButtonLink } from '../design/Button';
import { TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Badge, Page } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { priceOf } from '../tasks/launch';
import { templatesKey } from './keys';
import { skeletonOf, versionWords } from './documents';

const columns: readonly Column<Template>[] = [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name,
    cell: ({ slug, name, description }) => (
      <>
        <Link to={`/templates/${slug}`} className="name truncate">{name}</Link>
        <span className="under truncate">{description ?? slug}</span>
      </>
    ),
  },
  { key: 'slug', title: 'Slug', width: '9rem', wideOnly: true, sort: ({ slug }) => slug, cell: ({ slug }) => <code className="truncate">{slug}</code> },
  { key: 'version', title: 'Version', width: '8.5rem', wideOnly: true, sort: ({ version }) => version ?? -1, cell: ({ version }) => versionWords(version) },
  { key: 'kind', title: 'Kind', width: '6rem', wideOnly: true, sort: ({ kind }) => kind ?? '', cell: ({ kind }) => kind ?? <span className="faint">–</span> },
  { key: 'standing', title: 'State', width: '8rem', cell: (template) => <Standing template={template} /> },
  {
    key: 'price', title: 'Price', width: '11rem', end: true, wideOnly: true, sort: ({ pricePerHour }) => pricePerHour ?? -1,
    cell: ({ pricePerHour, currency }) => (pricePerHour === null || pricePerHour === undefined ? <span className="faint">–</span> : <span className="numeric">{priceOf(pricePerHour, currency)}</span>),
  },
];

export function Standing({ template }: { readonly template: Template }) {
  const { problem, deprecated, hasDraft, isHidden, version } = template;
  return (
    <span className="row">
      {problem ? <Badge tone="danger">broken</Badge> : version === null || version === undefined ? <Badge tone="warn">not published</Badge> : <Badge tone="ok">usable</Badge>}
      {hasDraft && <Badge tone="info">draft</Badge>}
      {isHidden && <Badge>hidden</Badge>}
      {deprecated && <Badge tone="warn">going away</Badge>}
    </span>
  );
}

/** What can be started, and who says so. */
export default function Templates() {
  const { role } = useSession();
  const [adding, setAdding] = useState(false);
  const query = useQuery({ queryKey: templatesKey, queryFn: templatesApi.list });
  return (
    <Page title="Templates" lead="What can be launched, and with which choices. Some are shipped; what admins publish under the same slug takes their place."
      actions={<><ButtonLink to="/launch">Launch</ButtonLink>{role === 'admin' && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New template</Button>}</>}>
      <Loaded query={query} lines={6}>
        {(rows) => (
          <Table
            label="Templates"
            noun="templates"
            rows={rows}
            columns={columns}
            keyOf={({ slug }) => slug}
            textOf={({ slug, name, description }) => `${slug} ${name} ${description ?? ''}`}
            sortBy="name"
            empty={<Empty icon="template" title="No templates yet" command="adit template push my.yaml">A template is a file that says what is started: a command or an image, its parameters, its size, its ports.</Empty>}
          />
        )}
      </Loaded>
      {adding && <NewTemplate known={query.data ?? []} onClose={() => setAdding(false)} />}
    </Page>
  );
}

function NewTemplate({ known, onClose }: { readonly known: readonly Template[]; readonly onClose: () => void }) {
  const [slug, setSlug] = useState('');
  const [tried, setTried] = useState(false);
  const [, go] = useLocation();
  const wrong = !/^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/.test(slug) ? '1 to 30 of a to z, 0 to 9 and hyphens inside.'
    : known.some((one) => one.slug === slug) ? 'There is a template with this slug: open it to change it.' : undefined;
  return (
    <FormDialog title="A new template" action="Write it" onClose={onClose} ready={() => {
      setTried(true);
      return !wrong;
    }} onSubmit={async () => {
      await templatesApi.makeDraft(slug, skeletonOf(slug));
      go(`/templates/${slug}/edit`);
    }}>
      <TextField label="Slug" className="mono" spellCheck={false} autoComplete="off" maxLength={30} value={slug} onChange={(event) => setSlug(event.target.value)}
        hint="What it is called in commands and addresses. It begins as a draft that only admins see." error={tried ? wrong : undefined} />
    </FormDialog>
  );
}
