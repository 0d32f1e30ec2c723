import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { peopleApi, type Account, type Invitation } from '../api/people';
import { isMissing } from '../api/problem';
import type { PlatformRole } from '../api/session';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { SelectField, TextField } from '../design/Field';
import { Moment } from '../design/Moment';
import { Facts, Page, Panel } from '../design/Page';
import { Failure, Loaded } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { AccountTokens } from '../tokens/AccountTokens';
import { RoleBadge, StateBadge } from './badges';
import { InvitationDialog } from './InvitationDialog';
import { accountsKey } from './AccountTable';

export default function AccountPage({ name }: { readonly name: string }) {
  const { role } = useSession();
  const query = useQuery({ queryKey: [...accountsKey, name], queryFn: () => peopleApi.account(name) });
  const account = query.data?.value;
  return (
    <Page title={isMissing(query.error) ? 'No such account' : account?.displayName ?? name} crumb={account?.kind === 'service' ? { to: '/people/services', text: 'Service accounts' } : { to: '/people', text: 'People' }} lead={account && <span className="row"><code>{name}</code><StateBadge state={account.state} /></span>}>
      <Loaded query={query} lines={5}>
        {({ value, etag }) => (
          <>
            <Panel title="Facts">
              <Facts items={[
                ['Role', <RoleBadge key="role" role={value.effectiveRole ?? value.role} />],
                value.project ? ['Works for', <Link key="project" to={`/projects/${encodeURIComponent(value.project)}/services/${encodeURIComponent(name)}`}>{value.project}</Link>] : null,
                ['Signs in', value.kind === 'service' ? 'never; it is for programs' : value.source !== 'local' ? `by ${value.source}` : value.hasPassword === false ? 'with a token only: it has no password yet' : 'here, with a password'],
                ['Last signed in', <Moment key="seen" at={value.lastSignIn} />],
                ['Made', <Moment key="made" at={value.created} />],
                ['Groups', value.groups && value.groups.length > 0
                  ? <span className="row">{value.groups.map((group) => <Link key={group} to={`/people/groups/${encodeURIComponent(group)}`}>{group}</Link>)}</span>
                  : <span className="faint">none</span>],
              ]} />
            </Panel>
            {value.kind === 'service' && <AccountTokens account={name} project={value.project ?? undefined} mayChange={role === 'admin'} isActive={value.state === 'active'} />}
            {role === 'admin' && <Profile key={etag} account={value} etag={etag} />}
            {role === 'admin' && <Doors account={value} etag={etag} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Profile({ account, etag }: { readonly account: Account; readonly etag: string | null }) {
  const [displayName, setDisplayName] = useState(account.displayName ?? '');
  const [email, setEmail] = useState(account.email ?? '');
  const [role, setRole] = useState<PlatformRole>(account.role);
  const isOurs = account.source === 'local';
  const save = useAction(async () => {
    await peopleApi.change(account.name, {
      ...(displayName.trim() !== (account.displayName ?? '') && { displayName: displayName.trim() }),
      ...(email.trim() !== (account.email ?? '') && { email: email.trim() }),
      ...(role !== account.role && { role }),
    }, etag);
    toast('Saved.');
  }, [accountsKey]);
  return (
    <Panel title="Profile">
      <form className="form" onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}>
        <div className="pair">
          <TextField label="What people call them" optional disabled={!isOurs} hint={isOurs ? undefined : `${account.source} says it.`} value={displayName} onChange={(event) => setDisplayName(event.target.value)} />
          <TextField label="E-mail" optional type="email" disabled={!isOurs} value={email} onChange={(event) => setEmail(event.target.value)} />
        </div>
        <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value as PlatformRole)} hint="Its groups may give it more.">
          <option value="user">user</option>
          <option value="auditor">auditor</option>
          <option value="admin">admin</option>
        </SelectField>
        {save.error !== undefined && <Failure error={save.error} />}
        <div className="actions"><Button type="submit" kind="primary" busy={save.busy}>Save</Button></div>
      </form>
    </Panel>
  );
}

function Doors({ account, etag }: { readonly account: Account; readonly etag: string | null }) {
  const [invitation, setInvitation] = useState<Invitation>();
  const [disabling, setDisabling] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [, go] = useLocation();
  const isDisabled = account.state === 'disabled';
  const invite = useAction(async () => setInvitation(await peopleApi.invite(account.name)), [accountsKey]);
  const enable = useAction(async () => {
    await peopleApi.change(account.name, { state: 'active' }, etag);
    toast(`${account.name} may sign in again.`);
  }, [accountsKey]);
  const queries = useQueryClient();
  return (
    <Panel title={account.kind === 'service' ? 'The end of it' : 'Getting in'}>
      <div className="stack">
        {(invite.error ?? enable.error) !== undefined && <Failure error={invite.error ?? enable.error} />}
        <div className="row">
          {account.kind !== 'service' && account.source === 'local' && !isDisabled && (
            <Button icon="token" busy={invite.busy} onClick={() => void invite.run()}>{account.lastSignIn ? 'A link to choose a new password' : 'A new invitation'}</Button>
          )}
          {isDisabled
            ? <Button busy={enable.busy} onClick={() => void enable.run()}>Let them in again</Button>
            : <Button kind="danger" onClick={() => setDisabling(true)}>Disable…</Button>}
          <Button kind="danger" onClick={() => setRemoving(true)}>Remove…</Button>
        </div>
      </div>
      {invitation && <InvitationDialog name={account.name} invitation={invitation} onClose={() => setInvitation(undefined)} />}
      {disabling && (
        <Confirm title={`Disable ${account.name}?`} action="Disable" onClose={() => setDisabling(false)} onConfirm={async () => {
          await peopleApi.change(account.name, { state: 'disabled' }, etag);
          toast(`${account.name} was disabled.`);
          await queries.invalidateQueries({ queryKey: accountsKey });
        }}>
          They are signed out everywhere, their tokens stop working, and what they have open is closed. Their things stay, and you can let them in again.
        </Confirm>
      )}
      {removing && (
        <Confirm title={`Remove ${account.name}?`} action="Remove for good" onClose={() => setRemoving(false)} onConfirm={async () => {
          await peopleApi.remove(account.name);
          toast(`${account.name} was removed.`);
          await queries.invalidateQueries({ queryKey: accountsKey });
          go(account.kind === 'service' ? '/people/services' : '/people');
        }}>
          As when it is disabled, and it cannot be taken back. The name stays taken, so that nobody inherits what was shared with it.
        </Confirm>
      )}
    </Panel>
  );
}
