import { useRef, useState } from 'react';
import type { Tagged } from '../api/client';
import { secretsApi, type Secret } from '../api/secrets';
import { Button } from '../design/Button';
import { CheckField, TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { toast } from '../design/toasts';
import { secretNameRefusal, secretOfFile, secretValueRefusal } from './words';

/** Asks for a new secret, or for another value of the one that was seen. Neither is put over what somebody else set meanwhile. */
export function SetSecret({ project, seen, onClose, onDone }: {
  readonly project: string | undefined;
  readonly seen: Tagged<Secret> | undefined;
  readonly onClose: () => void;
  readonly onDone: () => Promise<unknown>;
}) {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const [isShown, setShown] = useState(false);
  const [noFile, setNoFile] = useState<string>();
  const [tried, setTried] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const [wrongName, wrongValue] = [seen ? undefined : secretNameRefusal(name), secretValueRefusal(value)];
  const take = async (taken: File | undefined) => {
    if (!taken) return;
    try {
      setValue(await secretOfFile(taken));
      setNoFile(undefined);
    } catch (failure) {
      setNoFile(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <FormDialog
      title={seen ? `Another value for ${seen.value.name}` : project === undefined ? 'A secret of the hub' : `A secret of ${project}`}
      action="Set it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrongName && !wrongValue;
      }}
      onSubmit={async () => {
        try {
          await (seen ? secretsApi.change(seen.value.name, value, seen.etag, project) : secretsApi.create(name, value, project));
        } finally {
          await onDone();
        }
        toast('The secret is set.');
      }}
    >
      {!seen && (
        <TextField label="Name" className="mono" autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder="db-url" value={name} onChange={(event) => setName(event.target.value)}
          error={tried ? wrongName : undefined} hint="What templates call it." />
      )}
      <TextArea label="Value" className={isShown ? 'mono' : 'mono masked'} rows={4} autoComplete="off" autoCapitalize="none" spellCheck={false} value={value} onChange={(event) => {
        setValue(event.target.value);
        setNoFile(undefined);
      }}
        error={noFile ?? (tried ? wrongValue : undefined)} hint="Taken as it is, line breaks too. Nobody is shown it again; whoever may start a template that uses it can read it there. Tasks that run keep what they have." />
      <div className="row">
        <CheckField label="Show it" checked={isShown} onChange={(event) => setShown(event.target.checked)} />
        <Button size="small" onClick={() => file.current?.click()}>From a file…</Button>
        <input ref={file} type="file" hidden aria-label="A file with the value" onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = '';
        }} />
      </div>
    </FormDialog>
  );
}
