import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sessionApi } from '../api/session';
import { settingsApi, type AccessSettings, type Check } from '../api/settings';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { CheckField, SelectField } from '../design/Field';
import { Badge, Facts, Page, Panel, Tabs } from '../design/Page';
import { Failure, Loaded } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { waysInKey } from '../signin/password';
import './settings.css';

export const settingsTabs = [{ to: '/settings', text: 'The hub' }, { to: '/settings/secrets', text: 'Secrets' }, { to: '/settings/storage', text: 'Storage' }, { to: '/settings/routes', text: 'External routes' }];

const settingsKey = ['settings', 'access'];
const checksKey = ['checks'];

const caps = [
  ['public', 'Anybody: no limit'],
  ['signed-in', 'Everybody who can sign in'],
  ['project', 'Members of the project'],
  ['owner', 'Nobody but the owner'],
] as const;

export default function Settings() {
  const access = useQuery({ queryKey: settingsKey, queryFn: settingsApi.access });
  const sources = useQuery({ queryKey: waysInKey, queryFn: sessionApi.waysIn });
  const { role } = useSession();
  return (
    <Page title="Settings" lead={<>What holds for the whole hub. The rest is in its configuration, which <code>adit config check</code> explains.</>}>
      <Tabs label="Settings" items={settingsTabs} current="/settings" />
      <Loaded query={access} lines={3}>
        {({ value, etag }) => <AccessCap key={etag} settings={value} etag={etag} />}
      </Loaded>
      <Panel title="Ways to sign in" lead="Set in the hub's configuration.">
        <Loaded query={sources} lines={2}>
          {({ sources: list }) => (
            <ul className="stack tight">
              {list.map((source) => <li key={source.name} className="row"><strong>{source.title}</strong><Badge>{source.kind}</Badge><code className="faint">{source.name}</code></li>)}
            </ul>
          )}
        </Loaded>
      </Panel>
      {role !== 'user' && <Checks />}
      <Panel title="About">
        <Facts items={[
          ['Version', __ADIT_VERSION__],
          ['Address', <code key="address">{location.origin}</code>],
          ['API', <a key="api" className="inline" href="/api/v1/openapi.json">its description (OpenAPI)</a>],
          ['Licences', <a key="licences" className="inline" href="/licences.txt">of what this interface is made of</a>],
        ]} />
      </Panel>
    </Page>
  );
}

const ranks = { failed: 0, warning: 1, ok: 2 } as const;
const worstFirst = (items: readonly Check[]) => [...items].sort((a, b) => ranks[a.outcome] - ranks[b.outcome]);

const tones = { ok: 'ok', warning: 'warn', failed: 'danger' } as const;

function Checks() {
  const checks = useQuery({ queryKey: checksKey, queryFn: settingsApi.checks });
  return (
    <Panel
      title="What the hub finds in itself"
      lead={<><code>adit doctor</code> says the same, and looks at the way to the hub and at a machine too.</>}
      actions={<Button busy={checks.isFetching} onClick={() => void checks.refetch()}>Look again</Button>}
    >
      <Loaded query={checks} lines={4}>
        {({ items }) => <ul className="checks">{worstFirst(items).map((check, at) => <CheckLine key={at} check={check} />)}</ul>}
      </Loaded>
    </Panel>
  );
}

function CheckLine({ check }: { readonly check: Check }) {
  return (
    <li>
      <span><Badge tone={tones[check.outcome]}>{check.outcome}</Badge></span>
      <strong className="truncate">{check.name}</strong>
      <span>{check.finding}{check.remedy && <span className="faint"> {check.remedy}</span>}</span>
    </li>
  );
}

function AccessCap({ settings, etag }: { readonly settings: AccessSettings; readonly etag: string | null }) {
  const { role } = useSession();
  const [cap, setCap] = useState(settings.maxAccess);
  const [embed, setEmbed] = useState(settings.embedAllowed ?? false);
  const [asks, setAsks] = useState(settings.consent !== 'never');
  const isSame = cap === settings.maxAccess && embed === (settings.embedAllowed ?? false) && asks === (settings.consent !== 'never');
  const save = useAction(async () => {
    await settingsApi.setAccess({ maxAccess: cap, embedAllowed: embed, consent: asks ? 'foreign' : 'never' }, etag);
    toast('Saved. It holds from now on, for tunnels that there are too.');
  }, [settingsKey]);
  return (
    <Panel title="How far tunnels may be opened" lead="The most that anybody but an admin can choose.">
      <form className="form" onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}>
        <SelectField label="At most to" value={cap} disabled={role !== 'admin'} onChange={(event) => setCap(event.target.value)}>
          {caps.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </SelectField>
        <CheckField label="Users may let other sites show their tunnels in frames" hint="Admins always may." checked={embed} disabled={role !== 'admin'} onChange={(event) => setEmbed(event.target.checked)} />
        <CheckField label="People are asked before somebody else’s application learns who they are" hint="Once, at the first visit." checked={asks} disabled={role !== 'admin'} onChange={(event) => setAsks(event.target.checked)} />
        {save.error !== undefined && <Failure error={save.error} />}
        {role === 'admin' && <div className="actions"><Button type="submit" kind="primary" busy={save.busy} disabled={isSame}>Save</Button></div>}
      </form>
    </Panel>
  );
}
