import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { routesApi, type ExternalRoute, type ProxyKind } from '../api/routes';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Confirm } from '../design/Dialog';
import { Segments, TextField } from '../design/Field';
import { Page, Panel } from '../design/Page';
import { Failure, Loaded, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { accessDraftOf, accessOf, isAccessWrong } from '../tunnels/access';
import { AccessFields } from '../tunnels/AccessFields';
import { HubUrlField, OriginsField } from './Routes';
import { originsOf, originsRefusal, routesKey } from './routes';

const proxies = [{ value: 'caddy', text: 'Caddy' }, { value: 'traefik', text: 'Traefik' }, { value: 'nginx', text: 'nginx' }] as const;

export default function RoutePage({ name }: { readonly name: string }) {
  const { role } = useSession();
  const query = useQuery({ queryKey: [...routesKey, name], queryFn: () => routesApi.find(name) });
  return (
    <Page title={name} crumb={{ to: '/settings/routes', text: 'External routes' }} lead={query.data?.value.origins.join(', ')}>
      <Loaded query={query} lines={5}>
        {({ value, etag }) => (
          <>
            <Proxies name={name} />
            {role === 'admin' && <RouteSettings key={etag} name={name} route={value} etag={etag} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What the proxy needs, ready to be copied. */
function Proxies({ name }: { readonly name: string }) {
  const [proxy, setProxy] = useState<ProxyKind>('caddy');
  const [to, setTo] = useState('127.0.0.1:9000');
  const [ask, setAsk] = useState('');
  // What is half typed is no address yet; the last that was one stands meanwhile.
  const query = useQuery({ queryKey: [...routesKey, name, 'proxy', proxy, to, ask], queryFn: () => routesApi.proxy(name, proxy, to, ask), placeholderData: (before) => before });
  return (
    <Panel title="What the proxy needs" lead="It asks the hub before it forwards, and leads /_adit/ of the host to the hub.">
      <div className="stack">
        <div><Segments label="Proxy" value={proxy} onChange={setProxy} options={proxies} /></div>
        <div className="form">
          <div className="pair">
            <TextField label="The application listens at" className="mono" spellCheck={false} value={to} onChange={(event) => setTo(event.target.value)} />
            <TextField label="The proxy reaches the hub at" optional className="mono" spellCheck={false} placeholder="http://127.0.0.1:8080" value={ask} onChange={(event) => setAsk(event.target.value)} />
          </div>
        </div>
        {query.isError && <Failure error={query.error} />}
        {query.data?.warnings.map((warning) => <Notice key={warning} kind="warn">{warning}</Notice>)}
        {query.data && <Command text={query.data.text} label={`Copy what ${proxies.find(({ value }) => value === proxy)?.text ?? proxy} needs`} lines />}
      </div>
    </Panel>
  );
}

function RouteSettings({ name, route, etag }: { readonly name: string; readonly route: ExternalRoute; readonly etag: string | null }) {
  const [origins, setOrigins] = useState(route.origins.join('\n'));
  const [hubUrl, setHubUrl] = useState(route.hubUrl ?? '');
  const [project, setProject] = useState(route.project ?? '');
  const [draft, setDraft] = useState(() => accessDraftOf(route.access ?? 'signed-in', route.rules));
  const [tried, setTried] = useState(false);
  const [removing, setRemoving] = useState(false);
  const queries = useQueryClient();
  const [, go] = useLocation();
  const save = useAction(async () => {
    const { access, rules } = accessOf(draft);
    await routesApi.change(name, {
      origins: originsOf(origins), access,
      ...(rules.length > 0 && { rules }), ...(project.trim() && { project: project.trim() }), ...(hubUrl.trim() && { hubUrl: hubUrl.trim() }),
    }, etag);
    toast('Saved. It holds for the next request.');
  }, [routesKey]);
  return (
    <>
      <Panel title="Who may pass" lead="Rules are looked at from the top, and the first that fits decides; where none does, this choice.">
        <form className="stack loose" noValidate onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!originsRefusal(origins) && !isAccessWrong(draft)) void save.run();
        }}>
          <AccessFields draft={draft} onChange={setDraft} tried={tried} wasPublic={route.access === 'public'} />
          <div className="form">
            <OriginsField value={origins} onChange={setOrigins} error={tried ? originsRefusal(origins) : undefined} />
            <div className="pair">
              <HubUrlField value={hubUrl} onChange={setHubUrl} />
              <TextField label="Project" optional className="mono" spellCheck={false} value={project} onChange={(event) => setProject(event.target.value)} hint="Whose members “members of its project” are." />
            </div>
          </div>
          {save.error !== undefined && <Failure error={save.error} />}
          <div className="row"><Button type="submit" kind="primary" busy={save.busy}>Save</Button></div>
        </form>
      </Panel>
      <Panel title="The end of it" lead="The hub then says no to its proxy, whoever comes: take the question out there too.">
        <Button kind="danger" onClick={() => setRemoving(true)}>Remove this route…</Button>
      </Panel>
      {removing && (
        <Confirm title={`Remove ${name}?`} action="Remove it" onClose={() => setRemoving(false)} onConfirm={async () => {
          await routesApi.remove(name);
          toast(`${name} was removed.`);
          await queries.invalidateQueries({ queryKey: routesKey });
          go('/settings/routes');
        }}>
          Nobody passes at {route.origins.join(', ')} any more for as long as the proxy asks.
        </Confirm>
      )}
    </>
  );
}
