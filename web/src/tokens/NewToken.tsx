import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tokensApi, type ApiToken } from '../api/tokens';
import { useSession } from '../app/session';
import { CheckField, Segments, SelectField, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Failure, Skeleton } from '../design/States';
import { tokensKey } from './Tokens';

const day = 86_400;
const lives = [['1 day', day], ['7 days', 7 * day], ['30 days', 30 * day], ['90 days', 90 * day], ['1 year', 365 * day], ['no end', 0]] as const;

export function NewToken({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (token: ApiToken) => void }) {
  const { account, role } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState('');
  const [life, setLife] = useState<number>(30 * day);
  const [rights, setRights] = useState<'some' | 'all'>('some');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [project, setProject] = useState('');
  const [isAdmin, setIsAdmin] = useState(false);
  const [tried, setTried] = useState(false);
  const nameMissing = name.trim() === '';
  const noneChosen = rights === 'some' && scopes.length === 0;
  return (
    <FormDialog
      title="A new token"
      action="Make it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !nameMissing && !noneChosen;
      }}
      onSubmit={async () => {
        const filter = project.trim() ? `!project=${project.trim()}` : '';
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
        {role === 'admin' && <TextField label="Acts for" optional placeholder={account} spellCheck={false} value={owner} onChange={(event) => setOwner(event.target.value)} />}
      </div>
      <div className="field">
        <span className="label">What it may do</span>
        <div>
          <Segments label="What it may do" value={rights} onChange={setRights} options={[{ value: 'some', text: 'Only what I choose' }, { value: 'all', text: 'All that its account may' }]} />
        </div>
      </div>
      {rights === 'all' && role === 'admin' && (
        <CheckField label="With an admin's rights" hint="Without it the token does what a user's does." checked={isAdmin} onChange={(event) => setIsAdmin(event.target.checked)} />
      )}
      {rights === 'some' && <Scopes chosen={scopes} onChange={setScopes} error={tried && noneChosen} />}
      {rights === 'some' && <TextField label="Only in the project" optional className="mono" spellCheck={false} value={project} onChange={(event) => setProject(event.target.value)} />}
    </FormDialog>
  );
}

function Scopes({ chosen, onChange, error }: { readonly chosen: readonly string[]; readonly onChange: (scopes: readonly string[]) => void; readonly error: boolean }) {
  const query = useQuery({ queryKey: ['permissions'], queryFn: tokensApi.permissions, staleTime: Number.POSITIVE_INFINITY });
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton lines={4} />;
  return (
    <fieldset className="choices">
      <legend className="unseen">Rights</legend>
      {query.data.map(({ scope: name, description }) => (
        <CheckField
          key={name}
          label={<code>{name}</code>}
          hint={description}
          checked={chosen.includes(name)}
          onChange={(event) => onChange(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))}
        />
      ))}
      {error && <div className="field"><div className="error" role="alert">Choose at least one.</div></div>}
    </fieldset>
  );
}
