import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { deviceApi } from '../api/devices';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { CheckField, SelectField, TextField } from '../design/Field';
import { Page, Panel } from '../design/Page';
import { Failure, Notice, Skeleton } from '../design/States';
import { useAction } from '../design/useAction';

const day = 86_400;
const lives = [['1 day', day], ['7 days', 7 * day], ['30 days', 30 * day], ['90 days', 90 * day], ['1 year', 365 * day]] as const;

/** Lets a machine in: whoever runs `adit login` there sees a code, and confirms it here. */
export default function Device() {
  const [search, setSearch] = useSearchParams();
  const code = normal(search.get('code') ?? '');
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  return (
    <Page title="Sign in a machine" lead={<>A machine on which you ran <code>adit login</code> shows a code. Confirm it here, and that machine acts as you.</>}>
      <Panel>
        {code === '' ? (
          <form className="form" noValidate onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (normal(typed)) setSearch({ code: normal(typed) });
          }}>
            <TextField label="Code" className="mono" autoFocus autoComplete="off" spellCheck={false} placeholder="ABCD-EFGH" value={typed} onChange={(event) => setTyped(event.target.value)}
              error={tried && !normal(typed) ? 'Type the code that the machine shows.' : undefined} />
            <div className="actions"><Button type="submit" kind="primary">Go on</Button></div>
          </form>
        ) : <Decision key={code} code={code} onOther={() => setSearch({})} />}
      </Panel>
    </Page>
  );
}

const normal = (text: string) => text.trim().toUpperCase().replace(/[^A-Z0-9-]/g, '').slice(0, 20);

function Decision({ code, onOther }: { readonly code: string; readonly onOther: () => void }) {
  const { account, role } = useSession();
  const query = useQuery({ queryKey: ['device', code], queryFn: () => deviceApi.find(code), staleTime: Number.POSITIVE_INFINITY, retry: false });
  const [decided, setDecided] = useState<boolean>();
  const [life, setLife] = useState<number>(90 * day);
  const [isAdmin, setIsAdmin] = useState(false);
  const decide = useAction(async (approve: boolean) => {
    await deviceApi.decide(code, { approve, ...(approve && { expiresInSeconds: life, ...(isAdmin && { isAdmin }) }) });
    setDecided(approve);
  });
  if (decided !== undefined) {
    return decided
      ? <Notice kind="ok"><span>Done. <strong>{query.data?.clientName ?? 'The machine'}</strong> acts as <strong>{account}</strong> now; you can go back to it.</span></Notice>
      : <Notice><span>Refused. The machine was told, and nothing was given to it.</span></Notice>;
  }
  return (
    <div className="stack">
      {query.isPending ? <Skeleton lines={3} /> : query.isError ? <Failure error={query.error} /> : (
        <>
          <p>
            <strong>{query.data.clientName}</strong> with the code <code>{code}</code> wants to act as <strong>{account}</strong>
            {query.data.address && <> and asked from {query.data.address}</>}.
          </p>
          <Notice kind="warn">Confirm only what you began yourself, and only if the machine shows this very code.</Notice>
          <div className="form">
            <SelectField label="For how long" value={life} onChange={(event) => setLife(Number(event.target.value))} hint="It shows under Tokens, and can be revoked there at any time.">
              {lives.map(([text, seconds]) => <option key={seconds} value={seconds}>{text}</option>)}
            </SelectField>
            {role === 'admin' && (
              <CheckField label="With an admin's rights" hint="Without it the machine does what a user's does." checked={isAdmin} onChange={(event) => setIsAdmin(event.target.checked)} />
            )}
          </div>
          {isAdmin && <Notice kind="warn"><span>Whoever gets at <strong>{query.data.clientName}</strong> can then see and change everything on this hub.</span></Notice>}
          {decide.error !== undefined && <Failure error={decide.error} />}
          <div className="row">
            <Button kind="primary" busy={decide.busy} onClick={() => void decide.run(true)}>Confirm</Button>
            <Button kind="danger" busy={decide.busy} onClick={() => void decide.run(false)}>Refuse</Button>
          </div>
        </>
      )}
      <div><Button kind="quiet" size="small" onClick={onOther}>Another code</Button></div>
    </div>
  );
}
