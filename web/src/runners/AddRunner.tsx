import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { runnersApi } from '../api/runners';
import { tokensApi } from '../api/tokens';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { TextArea, TextField } from '../design/Field';
import { Page, Panel } from '../design/Page';
import { Failure, Notice } from '../design/States';
import { useAction } from '../design/useAction';
import { tokensKey } from '../tokens/TokenTable';
import { Executable } from '../home/Executable';
import { labelsOf, runnerLineOf } from './capacity';
import { runnersKey } from './keys';

const lookEveryMs = 2_000;
const names = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** One line for the machine that is to be a runner, with a token that can be nothing else. */
export default function AddRunner() {
  const { role } = useSession();
  const [name, setName] = useState('');
  const [labels, setLabels] = useState('');
  const [tried, setTried] = useState(false);
  const [line, setLine] = useState<string>();
  const read = labelsOf(labels);
  const nameWrong = names.test(name) ? undefined : '1 to 63 of a to z, 0 to 9, hyphens, dots and underscores; it begins with a letter or digit.';
  const make = useAction(async () => {
    const token = await tokensApi.create({ name: `runner ${name}`, scopes: ['runner:serve'], maxRunners: 1 });
    setLine(runnerLineOf({ hub: location.origin, token: token.secret ?? '', name, labels: read ?? {} }));
  }, [tokensKey]);
  return (
    <Page title="Add a runner" crumb={{ to: '/runners', text: 'Runners' }}
      lead={role === 'admin' ? 'A machine of yours runs tasks for everybody on this hub.' : 'A machine of yours runs your tasks. Only those that an admin adds are for everybody.'}>
      {line === undefined ? (
        <Panel>
          <form className="form" noValidate onSubmit={(event) => {
            event.preventDefault();
            setTried(true);
            if (!nameWrong && read) void make.run();
          }}>
            <TextField label="Name" className="mono" spellCheck={false} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)}
              hint="What the machine is called here: gpu1, lab-pc." error={tried ? nameWrong : undefined} />
            <TextArea label="Labels" optional className="mono" spellCheck={false} rows={2} placeholder="gpu=a100" value={labels} onChange={(event) => setLabels(event.target.value)}
              hint="Tasks can ask for them: one KEY=VALUE on each line. Its system and architecture are labels already." error={tried && !read ? 'One KEY=VALUE on each line, each key once.' : undefined} />
            {make.error !== undefined && <Failure error={make.error} />}
            <div className="actions"><Button type="submit" kind="primary" busy={make.busy}>Make its token</Button></div>
          </form>
        </Panel>
      ) : <Made line={line} name={name} />}
    </Page>
  );
}

function Made({ line, name }: { readonly line: string; readonly name: string }) {
  const query = useQuery({ queryKey: runnersKey, queryFn: runnersApi.list, refetchInterval: lookEveryMs });
  const found = query.data?.find((runner) => runner.name === name && runner.isUp);
  return (
    <>
      <Panel title="Run this on the machine">
        <div className="stack">
          <p className="muted"><Executable /> The runner dials this hub, so no port is opened there; its tasks go on when it ends, and the next start takes them up.</p>
          <Command text={line} wrap label="Copy the line" />
          <p className="muted">To start it with the machine, use the unit <code>deploy/systemd/adit-runner.service</code>. If it does not appear here, <code>adit doctor</code> on the machine says why.</p>
          <Notice kind="warn">The token in it is shown this once. It can be a runner and nothing else; revoke it under Tokens when the machine goes.</Notice>
        </div>
      </Panel>
      {found
        ? <Notice kind="ok"><span>{name} is here. <Link to={`/runners/${name}`} className="inline">Look at it</Link></span></Notice>
        : <Notice><span role="status">Waiting for {name} to appear…</span></Notice>}
    </>
  );
}
