import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../api/client';
import { secretsApi, type Secret } from '../api/secrets';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { Moment } from '../design/Moment';
import { Badge } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { SetSecret } from './SetSecret';

const secretsKey = ['secrets'];

/** The secrets of the hub, or of a project, without their values; who may sets and removes them. Each says itself whether it may be changed. */
export function Secrets({ project, mayAdd }: { readonly project?: string; readonly mayAdd: boolean }) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: [...secretsKey, project ?? ''],
    queryFn: () => secretsApi.list(project),
  });
  const [asked, setAsked] = useState<{ readonly what: 'add' } | { readonly what: 'change'; readonly seen: Tagged<Secret> } | { readonly what: 'remove'; readonly secret: Secret }>();
  const close = () => setAsked(undefined);
  const again = () => queries.invalidateQueries({ queryKey: secretsKey });
  const change = async (name: string) => {
    try {
      setAsked({ what: 'change', seen: await secretsApi.find(name, project) });
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), 'danger');
      await again();
    }
  };
  const add = mayAdd && <Button icon="plus" onClick={() => setAsked({ what: 'add' })}>New secret</Button>;
  const columns: readonly Column<Secret>[] = [
    {
      key: 'name', title: 'Name', sort: ({ name }) => name,
      cell: ({ name, version, isReadable, changed }) => (
        <>
          <code className="name truncate">{name}</code>
          {isReadable === false ? <Badge tone="danger">cannot be read: set it anew</Badge> : <div className="under truncate"><span className="only-narrow"><Moment at={changed} />, </span>{version === 1 ? 'first value' : `value number ${String(version)}`}</div>}
        </>
      ),
    },
    { key: 'changed', title: 'Set', width: '8rem', wideOnly: true, sort: ({ changed }) => changed, cell: ({ changed }) => <Moment at={changed} /> },
    { key: 'by', title: 'By', width: '8rem', wideOnly: true, sort: ({ changedBy }) => changedBy, cell: ({ changedBy }) => changedBy },
    {
      key: 'actions', title: 'What can be done', silent: true, width: '13rem', end: true,
      cell: (secret) => secret.may?.includes('change') && (
        <span className="row">
          <Button size="small" onClick={() => void change(secret.name)} aria-label={`Change ${secret.name}`}>Change…</Button>
          <Button size="small" kind="quiet" onClick={() => setAsked({ what: 'remove', secret })} aria-label={`Remove ${secret.name}`}>Remove…</Button>
        </span>
      ),
    },
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
                Passwords and keys that tasks need do not belong in a template. Set them here; templates name them, and nobody is shown a value.
              </Empty>
            }
          />
        )}
      </Loaded>
      {asked && asked.what !== 'remove' && <SetSecret project={project} seen={asked.what === 'change' ? asked.seen : undefined} onClose={close} onDone={again} />}
      {asked?.what === 'remove' && (
        <Confirm title={`Remove ${asked.secret.name}?`} action="Remove it" onClose={close} onConfirm={async () => {
          await secretsApi.remove(asked.secret.name, project);
          toast('The secret was removed.');
          await again();
        }}>
          Tasks that run keep it. Those that need it can no longer be started.
        </Confirm>
      )}
    </>
  );
}
