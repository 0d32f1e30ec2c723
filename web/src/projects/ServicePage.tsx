import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { projectsApi } from '../api/projects';
import { servicesApi, type ServiceAccount } from '../api/services';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { Moment } from '../design/Moment';
import { Facts, Page, Panel } from '../design/Page';
import { Failure, Loaded, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { StateBadge } from '../people/badges';
import { AccountTokens } from '../tokens/AccountTokens';
import { projectsKey, servicesKey } from './Projects';

/** One service account of a project: what it is, its tokens, and its end. */
export default function ServicePage({ project, name }: { readonly project: string; readonly name: string }) {
  const { role } = useSession();
  const within = useQuery({ queryKey: [...projectsKey, project], queryFn: () => projectsApi.find(project) });
  const query = useQuery({ queryKey: servicesKey(project), queryFn: () => servicesApi.list(project) });
  const account = query.data?.find((one) => one.name === name);
  const mine = within.data?.value.role;
  // What concerns a maintainer is for owners.
  const mayChange = role === 'admin' || mine === 'owner' || (mine === 'maintainer' && account?.role !== 'maintainer');
  return (
    <Page title={query.data && !account ? 'No such service account' : name} crumb={{ to: `/projects/${encodeURIComponent(project)}/services`, text: project }}
      lead={account && <span className="row">Service account <StateBadge state={account.state} /></span>}>
      <Loaded query={query} lines={4}>
        {() => account ? (
          <>
            <Panel title="Facts">
              <Facts items={[
                [`In ${project}`, account.role ?? 'no member any more'],
                ['Last used', <Moment key="used" at={account.lastUsed} />],
                ['Made', <Moment key="made" at={account.created} />],
              ]} />
            </Panel>
            <AccountTokens account={name} project={project} mayChange={mayChange} isActive={account.state === 'active'} />
            {mayChange && <End project={project} account={account} />}
          </>
        ) : <Notice kind="warn">{project} has no service account of this name; it may have been removed.</Notice>}
      </Loaded>
    </Page>
  );
}

function End({ project, account }: { readonly project: string; readonly account: ServiceAccount }) {
  const [disabling, setDisabling] = useState(false);
  const [removing, setRemoving] = useState(false);
  const queries = useQueryClient();
  const [, go] = useLocation();
  const enable = useAction(async () => {
    await servicesApi.setState(project, account.name, 'active');
    toast(`${account.name} works again.`);
  }, [projectsKey]);
  return (
    <Panel title="The end of it" lead="Disabled it can come back, with the tokens that it has. Removed it cannot.">
      {enable.error !== undefined && <Failure error={enable.error} />}
      <div className="row">
        {account.state === 'disabled'
          ? <Button busy={enable.busy} onClick={() => void enable.run()}>Let it in again</Button>
          : <Button kind="danger" onClick={() => setDisabling(true)}>Disable…</Button>}
        <Button kind="danger" onClick={() => setRemoving(true)}>Remove…</Button>
      </div>
      {disabling && (
        <Confirm title={`Disable ${account.name}?`} action="Disable" onClose={() => setDisabling(false)} onConfirm={async () => {
          await servicesApi.setState(project, account.name, 'disabled');
          toast(`${account.name} was disabled.`);
          await queries.invalidateQueries({ queryKey: projectsKey });
        }}>
          Its tokens are refused from now on and what they hold open is closed: pipelines that use them fail until you let it in again.
        </Confirm>
      )}
      {removing && (
        <Confirm title={`Remove ${account.name}?`} action="Remove for good" onClose={() => setRemoving(false)} onConfirm={async () => {
          await servicesApi.remove(project, account.name);
          toast(`${account.name} was removed.`);
          await queries.invalidateQueries({ queryKey: projectsKey });
          go(`/projects/${encodeURIComponent(project)}/services`);
        }}>
          Its tokens are refused from now on, what they hold open is closed, and it cannot be taken back. The name stays taken.
        </Confirm>
      )}
    </Panel>
  );
}
