import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { useLocation } from 'wouter';
import { sessionApi } from '../api/session';
import { useBecome } from '../app/session';
import { Button, ButtonLink } from '../design/Button';
import { TextField } from '../design/Field';
import { Mark } from '../design/Icon';
import { Failure, Notice, Skeleton } from '../design/States';
import { codeIn } from './localPath';
import { passwordRefusal, usePasswordRule } from './password';

/** An invitation, or an admin's reset: the code is in the fragment, which no server sees, and is out of the address at once. */
export default function Invitation() {
  const [code, setCode] = useState(() => codeIn(location.hash));
  useEffect(() => {
    document.title = 'Welcome · Adit';
    const clean = () => history.replaceState(null, '', '/invitation');
    // Another link that is opened in this window changes nothing but the fragment.
    const look = () => {
      if (location.hash.length < 2) return;
      setCode(codeIn(location.hash));
      clean();
    };
    clean();
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  return <Redeem key={code} code={code} />;
}

function Redeem({ code }: { readonly code: string }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const invited = useQuery({ queryKey: ['invitation', code.split('.')[0]], queryFn: () => sessionApi.invited(code), enabled: code !== '', retry: false, staleTime: Number.POSITIVE_INFINITY });
  const become = useBecome();
  const [, go] = useLocation();
  const rule = usePasswordRule();
  const wrong = passwordRefusal(password, rule);
  const differs = again !== password ? 'The two are not the same.' : undefined;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (busy || wrong || differs) return;
    setBusy(true);
    setError(undefined);
    try {
      become(await sessionApi.redeem(code, password, name.trim()));
      go('/', { replace: true });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : 'It did not work.');
      setBusy(false);
    }
  };

  return (
    <main className="alone">
      <div className="greeting">
        <Mark size={44} />
        <h1>Welcome to Adit</h1>
        {invited.data && <p className="muted">Choose a password for <strong>{invited.data.account}</strong>, and you are in.</p>}
      </div>
      <div className="card">
        {code === '' ? (
          <>
            <Notice kind="warn">This address has no invitation in it: open the whole link that you were given, up to its last letter.</Notice>
            <ButtonLink to="/sign-in">Sign in</ButtonLink>
          </>
        ) : invited.isError ? (
          <>
            <Failure error={invited.error} />
            <ButtonLink to="/sign-in">Sign in</ButtonLink>
          </>
        ) : !invited.data ? <Skeleton lines={4} onRetry={() => void invited.refetch()} /> : (
          <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
            <TextField label="Your name here" className="mono" autoComplete="username" readOnly value={invited.data.account} hint="You sign in with it; it stays as it is." />
            <TextField label="What should people call you?" optional autoComplete="name" autoFocus value={name} onChange={(event) => setName(event.target.value)} />
            <TextField label="Password" type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)}
              hint={`${rule ? `${String(rule.minLength)} characters or more; a` : 'A'} sentence is easier to keep than symbols.`} error={tried ? wrong : undefined} />
            <TextField label="The same again" type="password" autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)}
              error={tried && !wrong ? differs : undefined} />
            {error && <Notice kind="danger">{error}</Notice>}
            <Button type="submit" kind="primary" size="wide" busy={busy}>Set the password and sign in</Button>
          </form>
        )}
      </div>
    </main>
  );
}
