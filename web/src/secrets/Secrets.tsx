import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { secretsApi, type Secret } from '../api/secrets';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Moment } from '../design/Moment';
import { Badge } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { secretNameRefusal, secretValueRefusal } from './words';

const secretsKey = ['secrets'];

/** The secrets of the hub, or of a project, without their values; who may sets and removes them. */
export function Secrets({ project, mayChange }: { readonly project?: string; readonly mayChange: boolean }) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: [...secretsKey, project ?? ''],
    queryFn: async () => (await secretsApi.list(project)).filter((secret) => (secret.project ?? undefined) === project),
  });
  const [asked, setAsked] = useState<{ readonly what: 'set' | 'remove'; readonly secret?: Secret }>();
  const close = () => setAsked(undefined);
  const again = () => queries.invalidateQueries({ queryKey: secretsKey });
  const add = mayChange && <Button icon="plus" onClick={() => setAsked({ what: 'set' })}>New secret</Button>;
  const columns: readonly Column<Secret>[] = [
    {
      key: 'name', title: 'Name', sort: ({ name }) => name,
      cell: ({ name, version, isReadable }) => (
        <>
          <code className="name truncate">{name}</code>
          {isReadable === false ? <Badge tone="danger">cannot be read: set it anew</Badge> : <span className="under truncate">{version === 1 ? 'first value' : `value number ${String(version)}`}</span>}
        </>
      ),
    },
    { key: 'changed', title: 'Set', width: '8rem', sort: ({ changed }) => changed, cell: ({ changed }) => <Moment at={changed} /> },
    { key: 'by', title: 'By', width: '8rem', wideOnly: true, sort: ({ changedBy }) => changedBy, cell: ({ changedBy }) => changedBy },
    ...(mayChange ? [{
      key: 'actions', title: '', width: '14rem', end: true,
      cell: (secret: Secret) => (
        <span className="row">
          <Button size="small" onClick={() => setAsked({ what: 'set', secret })} aria-label={`Give ${secret.name} another value`}>Change…</Button>
          <Button size="small" kind="quiet" onClick={() => setAsked({ what: 'remove', secret })} aria-label={`Remove ${secret.name}`}>Remove…</Button>
        </span>
      ),
    }] : []),
  ];
  return (
    <>
      <Loaded query={query} lines={3}>
        {(rows) => (
          <Table
            label={project === undefined ? 'Secrets of the hub' : `Secrets of ${project}`}
            noun="secrets"
            rows={rows}
            columns={columns}
            keyOf={({ name }) => name}
            textOf={({ name, changedBy }) => `${name} ${changedBy}`}
            sortBy="name"
            tools={rows.length > 0 && add}
            empty={
              <Empty icon="token" title="No secrets yet" command={`adit secret set db-url${project === undefined ? '' : ` --project ${project}`}`} action={add}>
                Passwords and keys that workloads need do not belong into a template. Set them here; templates name them, and nobody is shown a value.
              </Empty>
            }
          />
        )}
      </Loaded>
      {asked?.what === 'set' && <SetSecret project={project} secret={asked.secret} onClose={close} onDone={again} />}
      {asked?.what === 'remove' && asked.secret && (
        <Confirm title={`Remove ${asked.secret.name}?`} action="Remove it" onClose={close} onConfirm={async () => {
          if (asked.secret) await secretsApi.remove(asked.secret.name, project);
          toast('The secret was removed.');
          await again();
        }}>
          Workloads that run keep it. Those that need it are not started any more.
        </Confirm>
      )}
    </>
  );
}

function SetSecret({ project, secret, onClose, onDone }: { readonly project: string | undefined; readonly secret: Secret | undefined; readonly onClose: () => void; readonly onDone: () => Promise<unknown> }) {
  const [name, setName] = useState(secret?.name ?? '');
  const [value, setValue] = useState('');
  const [tried, setTried] = useState(false);
  const [wrongName, wrongValue] = [secretNameRefusal(name), secretValueRefusal(value)];
  return (
    <FormDialog
      title={secret ? `Another value for ${secret.name}` : project === undefined ? 'A secret of the hub' : `A secret of ${project}`}
      action="Set it"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrongName && !wrongValue;
      }}
      onSubmit={async () => {
        await secretsApi.set(name, value, project);
        toast('The secret is set.');
        await onDone();
      }}
    >
      {!secret && (
        <TextField label="Name" className="mono" autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder="db-url" value={name} onChange={(event) => setName(event.target.value)}
          error={tried ? wrongName : undefined} hint="What templates call it." />
      )}
      <TextArea label="Value" className="mono" rows={4} autoComplete="off" autoCapitalize="none" spellCheck={false} value={value} onChange={(event) => setValue(event.target.value)}
        error={tried ? wrongValue : undefined} hint="Taken as it is, line breaks too. Nobody is shown it again; whoever may start a template that uses it can read it there. Workloads that run keep what they have." />
    </FormDialog>
  );
}
