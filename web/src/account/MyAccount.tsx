import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { consentsApi, type Consent } from '../api/consents';
import { peopleApi } from '../api/people';
import { sessionApi, type BrowserSession } from '../api/session';
import { sessionKey, useBecome, useSession } from '../app/session';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { TextField } from '../design/Field';
import { Moment } from '../design/Moment';
import { Badge, Facts, Page, Panel } from '../design/Page';
import { Failure, Loaded } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { passwordRefusal, usePasswordRule } from '../signin/password';

/** One's own profile, password, and the browsers one is signed in with. */
export default function MyAccount() {
  const session = useSession();
  const isLocal = session.accountSource === 'local';
  return (
    <Page title="My account">
      <Panel title="Who I am">
        <Facts items={[
          ['Name', <code key="name">{session.account}</code>],
          ['Role', session.role],
          session.email ? ['E-mail', session.email] : null,
          ['Signed in', session.source.startsWith('token:') ? 'by a token' : session.source === 'local' ? 'here, with a password' : `by ${session.source}`],
          ['Groups', session.groups.length > 0 ? session.groups.join(', ') : <span key="none" className="faint">none</span>],
          session.expires ? ['Signed in until', <Moment key="until" at={session.expires} />] : null,
        ]} />
      </Panel>
      {isLocal && <Profile />}
      {isLocal && <Password />}
      <Sessions />
      <Consents />
    </Page>
  );
}

function Profile() {
  const session = useSession();
  const [displayName, setDisplayName] = useState(session.displayName ?? '');
  const save = useAction(async () => {
    await peopleApi.change(session.account, { displayName: displayName.trim() }, null);
    toast('Saved.');
  }, [sessionKey]);
  return (
    <Panel title="Profile">
      <form className="form" onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}>
        <TextField label="What people call me" optional autoComplete="name" value={displayName} onChange={(event) => setDisplayName(event.target.value)}
          hint="Your e-mail address is an admin's to change: applications are told it." />
        {save.error !== undefined && <Failure error={save.error} />}
        <div className="actions"><Button type="submit" busy={save.busy}>Save</Button></div>
      </form>
    </Panel>
  );
}

function Password() {
  const session = useSession();
  const isFirst = session.mustSetPassword === true;
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const wrong = passwordRefusal(password, usePasswordRule());
  const differs = again !== password ? 'The two are not the same.' : undefined;
  const save = useAction(async () => {
    await peopleApi.setPassword(session.account, password, current);
    setCurrent('');
    setPassword('');
    setAgain('');
    setTried(false);
    toast(isFirst ? 'The password is set: sign in with it from now on.' : 'The password is changed. Other browsers have to sign in again.');
  }, [sessionKey, ['sessions']]);
  return (
    <Panel title={isFirst ? 'Choose a password' : 'Password'}>
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!wrong && !differs) void save.run();
      }}>
        <input type="text" hidden readOnly autoComplete="username" value={session.account} />
        {!isFirst && <TextField label="The password now" type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />}
        <div className="pair">
          <TextField label="The new one" type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} error={tried ? wrong : undefined} />
          <TextField label="The same again" type="password" autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} error={tried && !wrong ? differs : undefined} />
        </div>
        {save.error !== undefined && <Failure error={save.error} />}
        <div className="actions"><Button type="submit" busy={save.busy}>{isFirst ? 'Set it' : 'Change it'}</Button></div>
      </form>
    </Panel>
  );
}

function Sessions() {
  const queries = useQueryClient();
  const become = useBecome();
  const [leaving, setLeaving] = useState(false);
  const query = useQuery({ queryKey: ['sessions'], queryFn: sessionApi.list });
  const end = useAction(async (session: BrowserSession) => {
    await sessionApi.end(session.id);
    if (session.current) become(null);
    else await queries.invalidateQueries({ queryKey: ['sessions'] });
  });
  return (
    <Panel title="Where I am signed in" lead="Ending one closes what is open through it, tunnels too, within a second."
      actions={<Button kind="danger" size="small" onClick={() => setLeaving(true)}>Sign out everywhere…</Button>}>
      {end.error !== undefined && <Failure error={end.error} />}
      <Loaded query={query} lines={3}>
        {(sessions) => (
          <ul className="stack">
            {sessions.map((session) => (
              <li key={session.id} className="row apart">
                <div>
                  <div className="row"><strong>{browserOf(session.userAgent)}</strong>{session.current && <Badge tone="ok">this one</Badge>}</div>
                  <div className="faint">{session.address}, since <Moment at={session.created} />, last used <Moment at={session.lastSeen} /></div>
                </div>
                <Button size="small" kind="danger" busy={end.busy} aria-label={`End ${browserOf(session.userAgent)} from ${session.address ?? 'somewhere'}`} onClick={() => void end.run(session)}>End</Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {leaving && (
        <Confirm title="Sign out everywhere?" action="Sign out everywhere" onClose={() => setLeaving(false)} onConfirm={async () => {
          await sessionApi.endAll();
          become(null);
        }}>
          Every browser you are signed in with has to sign in again, this one too. Tokens go on.
        </Confirm>
      )}
    </Panel>
  );
}

/** Which applications of others learn who one is. */
function Consents() {
  const query = useQuery({ queryKey: ['consents'], queryFn: consentsApi.list });
  const remove = useAction(async (consent: Consent) => {
    await consentsApi.remove(consent.route);
    toast(`${consent.host} is closed, and asks again at the next visit.`);
  }, [['consents']]);
  return (
    <Panel title="What learns who I am" lead="Applications of others that I opened: with each visit they learn my name, e-mail address and groups.">
      {remove.error !== undefined && <Failure error={remove.error} />}
      <Loaded query={query} lines={2}>
        {(consents) => consents.length === 0
          ? <p className="faint">None yet. The first visit of somebody else’s application asks.</p>
          : (
            <ul className="stack">
              {consents.map((consent) => (
                <li key={consent.route} className="row apart">
                  <div>
                    <strong>{consent.host}</strong>
                    <div className="faint">of {consent.owner}, since <Moment at={consent.given} /></div>
                  </div>
                  <Button size="small" kind="danger" busy={remove.busy} aria-label={`Take back the consent to ${consent.host}`} onClick={() => void remove.run(consent)}>Take back</Button>
                </li>
              ))}
            </ul>
          )}
      </Loaded>
    </Panel>
  );
}

/** A browser's name for itself, as people know it. */
function browserOf(userAgent: string | null | undefined): string {
  if (!userAgent) return 'A browser';
  const browser = /Edg\//.test(userAgent) ? 'Edge' : /Firefox\//.test(userAgent) ? 'Firefox' : /Chrome\//.test(userAgent) ? 'Chrome' : /Safari\//.test(userAgent) ? 'Safari' : 'A browser';
  const system = /Android/.test(userAgent) ? 'Android' : /iPhone|iPad/.test(userAgent) ? 'iOS' : /Windows/.test(userAgent) ? 'Windows' : /Mac OS/.test(userAgent) ? 'macOS' : /Linux/.test(userAgent) ? 'Linux' : undefined;
  return system ? `${browser} on ${system}` : browser;
}
