import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { peopleApi, type Invitation } from '../api/people';
import type { PlatformRole } from '../api/session';
import { SelectField, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { accountsKey } from './AccountTable';
import { nameRefusal } from './names';


export function NewAccount({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (name: string, invitation: Invitation | null | undefined) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [role, setRole] = useState<PlatformRole>('user');
  const [tried, setTried] = useState(false);
  const wrong = nameRefusal(name);
  return (
    <FormDialog
      title="Invite somebody"
      action="Make the account"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrong;
      }}
      onSubmit={async () => {
        const made = await peopleApi.create({ name, role, ...(email.trim() && { email: email.trim() }), ...(displayName.trim() && { displayName: displayName.trim() }) });
        await queries.invalidateQueries({ queryKey: accountsKey });
        onMade(name, made.invitation);
        return false;
      }}
    >
      <TextField label="Name" className="mono" autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} error={tried ? wrong : undefined} hint="To sign in with; it stays as it is." />
      <TextField label="What people call them" optional value={displayName} onChange={(event) => setDisplayName(event.target.value)} />
      <TextField label="E-mail" optional type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />
      <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value as PlatformRole)}>
        <option value="user">user: their own things, and what is shared with them</option>
        <option value="auditor">auditor: also sees everything, the audit log too</option>
        <option value="admin">admin: also changes everything</option>
      </SelectField>
    </FormDialog>
  );
}
