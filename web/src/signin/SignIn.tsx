import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { Redirect, useSearchParams } from 'wouter';
import { sessionApi, type CurrentSession, type SignInSource } from '../api/session';
import { useBecome, useSignedOut } from '../app/session';
import { Button } from '../design/Button';
import { TextField } from '../design/Field';
import { Mark } from '../design/Icon';
import { Failure, Notice, Skeleton } from '../design/States';
import { localPath } from './localPath';
import { waysInKey } from './password';

const hubsOwn = ['/apps/', '/api/'];

/** Signing in: by each of the ways the hub has, then on to where one was going. */
export function SignIn({ session }: { readonly session: CurrentSession | null }) {
  const [search] = useSearchParams();
  const to = localPath(search.get('to'));
  const ways = useQuery({ queryKey: waysInKey, queryFn: sessionApi.waysIn, enabled: session === null, staleTime: Number.POSITIVE_INFINITY });
  useEffect(() => {
    document.title = 'Sign in · Adit';
  }, []);
  if (session) return <Onward to={to} />;
  return (
    <main className="alone">
      <div className="greeting">
        <Mark size={44} />
        <h1>Sign in to Adit</h1>
      </div>
      <div className="card">
        <StillThere />
        {ways.data ? <Ways sources={ways.data.sources} to={to} />
          : ways.isError ? <Failure error={ways.error} onRetry={() => void ways.refetch()} />
          : <Skeleton lines={5} onRetry={() => void ways.refetch()} />}
      </div>
    </main>
  );
}

// Who comes by a provider and signs out here is still signed in there: the next click on "Continue" would lead in again without a question.
function StillThere() {
  const way = useSignedOut();
  return way && (
    <Notice>
      <span>You have signed out of Adit. {way.providerTitle} still knows you.</span>
      <a className="button small" href={way.providerUrl} rel="noreferrer">Sign out of {way.providerTitle} too</a>
    </Notice>
  );
}

// Where the hub itself answers, a tunnel's sign-in for instance, the browser has to go; the rest is here.
function Onward({ to }: { readonly to: string }) {
  const leaves = hubsOwn.some((prefix) => to.startsWith(prefix));
  useEffect(() => {
    if (leaves) location.replace(to);
  }, [leaves, to]);
  return leaves ? <main className="alone"><Skeleton lines={2} /></main> : <Redirect to={to} replace />;
}

function Ways({ sources, to }: { readonly sources: readonly SignInSource[]; readonly to: string }) {
  const withPassword = sources.filter((source) => source.kind !== 'oidc');
  const elsewhere = sources.filter((source) => source.kind === 'oidc' && source.start);
  const [byToken, setByToken] = useState(withPassword.length === 0 && elsewhere.length === 0);
  return (
    <>
      {elsewhere.map((source) => (
        <a key={source.name} className="button wide" href={`${source.start ?? ''}?to=${encodeURIComponent(to)}`}>
          Continue with {source.title}
        </a>
      ))}
      {elsewhere.length > 0 && (withPassword.length > 0 || byToken) && <div className="or">or</div>}
      {byToken ? <TokenForm /> : withPassword.length > 0 && <PasswordForm sources={withPassword} />}
      {(withPassword.length > 0 || !byToken) && (
        <Button kind="quiet" size="small" onClick={() => setByToken(!byToken)}>
          {byToken ? 'Use a name and a password' : 'Use a token instead'}
        </Button>
      )}
    </>
  );
}

function PasswordForm({ sources }: { readonly sources: readonly SignInSource[] }) {
  const [source, setSource] = useState(sources[0]?.name ?? 'local');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  return (
    <SignInForm attempt={() => sessionApi.signIn(source, name.trim(), password)} ready={() => {
      setMissing(true);
      return name.trim() !== '' && password !== '';
    }}>
      {sources.length > 1 && (
        <div className="field">
          <label htmlFor="source">Where is your account?</label>
          <select id="source" className="input" value={source} onChange={(event) => setSource(event.target.value)}>
            {sources.map((one) => <option key={one.name} value={one.name}>{one.title}</option>)}
          </select>
        </div>
      )}
      <TextField label="Name" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus value={name} onChange={(event) => setName(event.target.value)}
        error={missing && name.trim() === '' ? 'Say who you are.' : undefined} />
      <TextField label="Password" type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)}
        error={missing && password === '' ? 'A password is needed.' : undefined} />
    </SignInForm>
  );
}

function TokenForm() {
  const [token, setToken] = useState('');
  const [missing, setMissing] = useState(false);
  return (
    <SignInForm attempt={() => sessionApi.signInByToken(token.trim())} ready={() => {
      setMissing(true);
      return token.trim() !== '';
    }}>
      <TextField label="Token" type="password" className="mono" autoComplete="off" spellCheck={false} autoFocus value={token} onChange={(event) => setToken(event.target.value)}
        error={missing && token.trim() === '' ? 'Paste a token.' : undefined}
        hint={<>The first admin's is in the hub's data directory, in the file <code>admin-token</code>.</>} />
    </SignInForm>
  );
}

function SignInForm({ attempt, ready, children }: { readonly attempt: () => Promise<CurrentSession>; readonly ready: () => boolean; readonly children: ReactNode }) {
  const become = useBecome();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !ready()) return;
    setBusy(true);
    setError(undefined);
    try {
      become(await attempt());
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      {children}
      {error !== undefined && <Notice kind="danger">{error instanceof Error ? error.message : 'Signing in failed.'}</Notice>}
      <Button type="submit" kind="primary" size="wide" busy={busy}>{busy ? 'Signing in…' : 'Sign in'}</Button>
    </form>
  );
}
