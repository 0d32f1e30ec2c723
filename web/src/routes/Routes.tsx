import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Problem } from '../api/problem';
import { routesApi, type ExternalRoute } from '../api/routes';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Page, Tabs } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { settingsTabs } from '../settings/Settings';
import { accessDraftOf, accessOf, isAccessWrong } from '../tunnels/access';
import { AccessFields } from '../tunnels/AccessFields';
import { originsOf, originsRefusal, routesKey } from './routes';

const columns: readonly Column<ExternalRoute>[] = [
  {
    key: 'name', title: 'Name', sort: ({ name }) => name ?? '',
    cell: ({ name, origins }) => (
      <>
        <Link to={`/settings/routes/${encodeURIComponent(name ?? '')}`} className="name truncate">{name}</Link>
        <span className="under truncate">{origins.join(', ')}</span>
      </>
    ),
  },
  {
    key: 'access', title: 'Who may', width: '12rem', sort: ({ access }) => access ?? '',
    cell: ({ access, rules }) => <span className="truncate">{access}{rules && rules.length > 0 && <span className="faint"> and {rules.length === 1 ? 'a rule' : `${String(rules.length)} rules`}</span>}</span>,
  },
  { key: 'owner', title: 'Made by', width: '8rem', wideOnly: true, sort: ({ owner }) => owner ?? '', cell: ({ owner }) => owner },
];

/** Hosts that another proxy serves, and about which it asks the hub. */
export default function Routes() {
  const { role } = useSession();
  const [, go] = useLocation();
  const query = useQuery({ queryKey: routesKey, queryFn: routesApi.list });
  const [adding, setAdding] = useState(false);
  const add = role === 'admin' && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New external route</Button>;
  return (
    <Page title="External routes" lead="Hosts that Caddy, Traefik or nginx serves: the proxy asks the hub who may pass, and forwards by itself." actions={add}>
      <Tabs label="Settings" items={settingsTabs} current="/settings/routes" />
      <Loaded query={query} lines={3}>
        {(rows) => (
          <Table
            label="External routes"
            noun="external routes"
            rows={rows}
            columns={columns}
            keyOf={({ name }) => name ?? ''}
            textOf={({ name, origins, access }) => `${name ?? ''} ${origins.join(' ')} ${access ?? ''}`}
            sortBy="name"
            empty={
              <Empty icon="door" title="No external routes yet" command="adit route add wiki --origin https://wiki.example.com --access group:staff">
                What another proxy serves already can have the hub's accounts, groups and rules in front of it, without moving there.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <NewRoute onClose={() => setAdding(false)} onMade={(name) => go(`/settings/routes/${encodeURIComponent(name)}`)} />}
    </Page>
  );
}

function NewRoute({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (name: string) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [origins, setOrigins] = useState('');
  const [hubUrl, setHubUrl] = useState('');
  const [draft, setDraft] = useState(() => accessDraftOf('signed-in', []));
  const [tried, setTried] = useState(false);
  const nameWrong = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ? undefined : 'a to z, digits and hyphens inside; up to 63.';
  return (
    <FormDialog
      title="A new external route"
      action="Make it"
      broad
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !nameWrong && !originsRefusal(origins) && !isAccessWrong(draft);
      }}
      onSubmit={async () => {
        const { access, rules } = accessOf(draft);
        try {
          await routesApi.create(name, { origins: originsOf(origins), access, ...(rules.length > 0 && { rules }), ...(hubUrl.trim() && { hubUrl: hubUrl.trim() }) });
        } catch (failure) {
          throw failure instanceof Problem && failure.status === 412 ? new Error(`There is an external route “${name}” already.`) : failure;
        }
        await queries.invalidateQueries({ queryKey: routesKey });
        onMade(name);
      }}
    >
      <TextField label="Name" className="mono" autoComplete="off" spellCheck={false} placeholder="wiki" value={name} onChange={(event) => setName(event.target.value)} error={tried ? nameWrong : undefined} />
      <OriginsField value={origins} onChange={setOrigins} error={tried ? originsRefusal(origins) : undefined} />
      <HubUrlField value={hubUrl} onChange={setHubUrl} />
      <AccessFields draft={draft} onChange={setDraft} tried={tried} />
    </FormDialog>
  );
}

export function OriginsField({ value, onChange, error }: { readonly value: string; readonly onChange: (text: string) => void; readonly error: string | undefined }) {
  return <TextArea label="Where its visitors are" className="mono" rows={2} placeholder="https://wiki.example.com" spellCheck={false} value={value} onChange={(event) => onChange(event.target.value)} error={error} />;
}

export function HubUrlField({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }) {
  return (
    <TextField label="Where they reach the hub" optional className="mono" placeholder={location.origin} spellCheck={false} value={value} onChange={(event) => onChange(event.target.value)}
      hint="Needed when that is not the hub's domain at its first listener." />
  );
}
