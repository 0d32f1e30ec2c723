import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tokensApi, type ApiToken } from '../api/tokens';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Dialog } from '../design/Dialog';
import { CheckField, Segments, SelectField, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Failure, Notice, Skeleton } from '../design/States';
import { tokensKey } from './TokenTable';

const day = 86_400;
const lives = [['1 day', day], ['7 days', 7 * day], ['30 days', 30 * day], ['90 days', 90 * day], ['1 year', 365 * day], ['no end', 0]] as const;

interface Making {
  /** The account that it is for; whoever makes it chooses when there is none. */
  readonly owner?: string | undefined;
  /** The project that it is for at first. */
  readonly project?: string | undefined;
  readonly onClose: () => void;
}

/** A token is made: first what it may, then its text, this once. */
export function MakeToken(making: Making) {
  const [made, setMade] = useState<ApiToken>();
  return made ? <Made token={made} onClose={making.onClose} /> : <NewToken {...making} onMade={setMade} />;
}

function NewToken({ owner: given, project: first = '', onClose, onMade }: Making & { readonly onMade: (token: ApiToken) => void }) {
  const { account, role } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState(given ?? '');
  const [life, setLife] = useState<number>(30 * day);
  const [rights, setRights] = useState<'some' | 'all'>('some');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [project, setProject] = useState(first);
  const [isAdmin, setIsAdmin] = useState(false);
  const [tried, setTried] = useState(false);
  const narrow = rights === 'some' && project.trim() !== '';
  const nameMissing = name.trim() === '';
  const noneChosen = rights === 'some' && scopes.length === 0;
  return (
    <FormDialog
      title={given ? `A token for ${given}` : 'A new token'}
      action="Make it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !nameMissing && !noneChosen;
      }}
      onSubmit={async () => {
        const filter = narrow ? `!project=${project.trim()}` : '';
        const token = await tokensApi.create({
          name: name.trim(),
          ...(owner.trim() && { account: owner.trim() }),
          ...(isAdmin && rights === 'all' && { isAdmin }),
          ...(life > 0 && { expiresInSeconds: life }),
          ...(rights === 'some' && { scopes: scopes.map((scope) => scope + filter) }),
        });
        await queries.invalidateQueries({ queryKey: tokensKey });
        onMade(token);
        return false;
      }}
    >
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} hint="What will use it: ci, backup, gpu-box." error={tried && nameMissing ? 'Give it a name.' : undefined} />
      <div className="pair">
        <SelectField label="It ends after" value={life} onChange={(event) => setLife(Number(event.target.value))}>
          {lives.map(([text, seconds]) => <option key={seconds} value={seconds}>{text}</option>)}
        </SelectField>
        {role === 'admin' && given === undefined && <TextField label="Acts for" optional placeholder={account} spellCheck={false} value={owner} onChange={(event) => setOwner(event.target.value)} />}
      </div>
      <div className="field">
        <span className="label">What it may do</span>
        <div>
          <Segments label="What it may do" value={rights} onChange={setRights} options={[{ value: 'some', text: 'Only what I choose' }, { value: 'all', text: 'All that its account may' }]} />
        </div>
      </div>
      {rights === 'all' && role === 'admin' && given === undefined && (
        <CheckField label="With an admin's rights" hint="Without it the token does what a user's does." checked={isAdmin} onChange={(event) => setIsAdmin(event.target.checked)} />
      )}
      {rights === 'some' && <Scopes chosen={scopes} ofProject={narrow} onChange={setScopes} error={tried && noneChosen} />}
      {rights === 'some' && <TextField label="Only in the project" optional className="mono" spellCheck={false} value={project}
        hint="What is of the whole hub, such as accounts and the audit log, is in no project." onChange={(event) => setProject(event.target.value)} />}
    </FormDialog>
  );
}

function Made({ token, onClose }: { readonly token: ApiToken; readonly onClose: () => void }) {
  return (
    <Dialog title={`${token.name} is made`} onClose={onClose} once="Have you copied the token? Closed once more, it is gone, and nobody can show it again.">
      <div className="stack">
        <Notice kind="warn">Copy it now. It is shown this once; the hub keeps only its hash and nobody can show it again.</Notice>
        <Command text={token.secret ?? ''} wrap label="Copy the token" />
        <p className="muted">Programs take it from their environment:</p>
        <Command text={`export ADIT_HUB=${location.origin}\nexport ADIT_TOKEN=…`} wrap />
        <div><Button kind="primary" onClick={onClose}>I have copied it</Button></div>
      </div>
    </Dialog>
  );
}

function Scopes({ chosen, ofProject, onChange, error }: { readonly chosen: readonly string[]; readonly ofProject: boolean; readonly onChange: (scopes: readonly string[]) => void; readonly error: boolean }) {
  const query = useQuery({ queryKey: ['permissions'], queryFn: tokensApi.permissions, staleTime: Number.POSITIVE_INFINITY });
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton lines={4} />;
  return (
    <fieldset className="choices">
      <legend className="unseen">Rights</legend>
      {query.data.map(({ scope: name, description, takesProject }) => (
        <CheckField
          key={name}
          label={<code>{name}</code>}
          hint={description}
          checked={chosen.includes(name)}
          disabled={ofProject && !takesProject && !chosen.includes(name)}
          onChange={(event) => onChange(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))}
        />
      ))}
      {error && <div className="field"><div className="error" role="alert">Choose at least one.</div></div>}
    </fieldset>
  );
}
