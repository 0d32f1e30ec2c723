import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { tunnelsApi } from '../api/tunnels';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { SelectField, TextField } from '../design/Field';
import { Page, Panel } from '../design/Page';
import { Failure, Notice } from '../design/States';

/** Who can open what, and which rule decided. */
export default function Explain() {
  const [search] = useSearchParams();
  return (
    <Page title="Who can open what" lead="Asks the hub for one visitor and one address. It decides by the same rules, at the same place, as for a real visit.">
      <Panel><ExplainForm host={search.get('host') ?? ''} /></Panel>
    </Page>
  );
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function ExplainForm({ host: given }: { readonly host: string }) {
  const { account } = useSession();
  const [who, setWho] = useState(account);
  const [host, setHost] = useState(given);
  const [method, setMethod] = useState('GET');
  const [path, setPath] = useState('/');
  const [address, setAddress] = useState('');
  const [tried, setTried] = useState(false);
  const answer = useMutation({ mutationFn: () => tunnelsApi.explain({ who: who.trim(), host: host.trim(), method, path, address: address.trim() }) });
  const missingHost = tried && host.trim() === '' ? 'Which address?' : undefined;
  return (
    <div className="stack">
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (host.trim() !== '') answer.mutate();
      }}>
        <div className="pair">
          <TextField label="Who" value={who} spellCheck={false} onChange={(event) => setWho(event.target.value)} hint="An account's name; nobody at all when empty." />
          {given === '' && <TextField label="Host name" value={host} spellCheck={false} placeholder="demo.adit.localhost" onChange={(event) => setHost(event.target.value)} error={missingHost} />}
        </div>
        <div className="pair">
          <SelectField label="Method" value={method} onChange={(event) => setMethod(event.target.value)}>
            {methods.map((one) => <option key={one}>{one}</option>)}
          </SelectField>
          <TextField label="Path" value={path} spellCheck={false} onChange={(event) => setPath(event.target.value)} />
          <TextField label="From address" optional value={address} spellCheck={false} placeholder="10.1.2.3" onChange={(event) => setAddress(event.target.value)} />
        </div>
        <div className="actions"><Button type="submit" busy={answer.isPending}>Ask</Button></div>
      </form>
      {answer.error && <Failure error={answer.error} />}
      {answer.data && (
        <Notice kind={answer.data.allowed ? 'ok' : 'warn'}>
          <strong>{answer.data.allowed ? 'Yes' : 'No'}: {answer.data.reason}</strong>
          {answer.data.steps.length > 0 && (
            <ol className="steps">{answer.data.steps.map((step, at) => <li key={at} className={step.decides ? '' : 'muted'}><code>{step.rule}</code>: {step.why}</li>)}</ol>
          )}
        </Notice>
      )}
    </div>
  );
}
