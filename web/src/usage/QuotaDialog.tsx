import { useState } from 'react';
import { quotasApi, type Quota, type QuotaKind } from '../api/usage';
import { SelectField, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { toast } from '../design/toasts';
import { draftOf, emptyLimits, limitRefusals, limitsOf } from './usage';

/** Sets a quota: of somebody whom one names, or of one that is there. */
export function QuotaDialog({ quota, onClose, onDone }: { readonly quota?: Quota | undefined; readonly onClose: () => void; readonly onDone: () => Promise<unknown> }) {
  const [kind, setKind] = useState<QuotaKind>(quota?.kind ?? 'user');
  const [name, setName] = useState(quota?.name ?? '');
  const [draft, setDraft] = useState(quota ? draftOf(quota) : emptyLimits);
  const [tried, setTried] = useState(false);
  const wrong = limitRefusals(draft);
  const wrongName = name.trim() === '' ? 'Say whose; * is everybody who has none of their own.' : undefined;
  const field = (of: keyof typeof draft, label: string, hint?: string) => (
    <TextField label={label} optional inputMode="decimal" autoComplete="off" value={draft[of]} onChange={(event) => setDraft({ ...draft, [of]: event.target.value })} hint={hint} error={tried ? wrong[of] : undefined} />
  );
  return (
    <FormDialog
      title={quota ? `Quota of ${quota.name === '*' ? `every ${quota.kind}` : quota.name}` : 'Set a quota'}
      action="Set it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return Object.keys(wrong).length === 0 && !wrongName;
      }}
      onSubmit={async () => {
        // What somebody else set since this page was looked at is not undone unseen.
        const { value, etag } = await quotasApi.find(kind, name.trim());
        if (quota && JSON.stringify(draftOf(value)) !== JSON.stringify(draftOf(quota))) {
          await onDone();
          throw new Error('Somebody else has changed this quota meanwhile: close this and look again.');
        }
        await quotasApi.set(kind, name.trim(), limitsOf(draft), etag);
        toast('The quota is set.');
        await onDone();
      }}
    >
      {!quota && (
        <div className="pair">
          <SelectField label="Of a" value={kind} onChange={(event) => setKind(event.target.value as QuotaKind)}>
            <option value="user">user</option>
            <option value="project">project</option>
          </SelectField>
          <TextField label="Name" className="mono" spellCheck={false} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} hint="* is everybody who has none of their own." error={tried ? wrongName : undefined} />
        </div>
      )}
      <p className="muted">What is left empty has no limit; 0 allows none of it. A quota of one's own stands in place of the default, as a whole.</p>
      <div className="pair">{field('tasks', 'Tasks at once')}{field('cpu', 'Cores at once')}</div>
      <div className="pair">{field('memory', 'Memory at once', '64 GiB, 128 GB')}{field('gpus', 'GPUs at once')}</div>
      {field('gpuHours', 'GPU hours a month', 'Calendar months, UTC. Tasks that run go on when they are used up; new ones are refused.')}
      {kind === 'project' && field('storage', 'Storage', 'What the volumes of the project take on the disk of the hub: 500 GiB.')}
    </FormDialog>
  );
}
