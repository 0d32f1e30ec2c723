import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { tokensApi, type ApiToken } from '../api/tokens';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Confirm, Dialog } from '../design/Dialog';
import { Moment } from '../design/format';
import { Badge, Page } from '../design/Page';
import { Empty, Loaded, Notice } from '../design/States';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';
import { NewToken } from './NewToken';

export const tokensKey = ['tokens'];

export default function Tokens() {
  const { account, role } = useSession();
  const query = useQuery({ queryKey: tokensKey, queryFn: tokensApi.list });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<ApiToken>();
  const [revoking, setRevoking] = useState<ApiToken>();

  const columns: readonly Column<ApiToken>[] = [
    {
      key: 'name', title: 'Name', sort: ({ name }) => name.toLowerCase(),
      cell: (token) => (
        <>
          <span className="truncate"><strong>{token.name}</strong></span>
          <span className="under truncate">{role === 'user' || token.account === account ? <span className="mono">{token.id}</span> : <>of {token.account}</>}</span>
        </>
      ),
    },
    {
      key: 'scopes', title: 'May', wideOnly: true, sort: ({ scopes }) => scopes?.length ?? 0,
      cell: (token) => (token.scopes
        ? <span className="truncate mono" title={token.scopes.join(' ')}>{token.scopes.join(' ')}</span>
        : <span className="muted">all that {token.account} may</span>),
    },
    { key: 'used', title: 'Last used', width: '7.5rem', wideOnly: true, sort: ({ lastUsed }) => lastUsed ?? '', cell: ({ lastUsed }) => <Moment at={lastUsed} /> },
    { key: 'expires', title: 'Ends', width: '7.5rem', sort: ({ expires }) => expires ?? '9', cell: (token) => (token.revoked ? <Badge tone="danger">revoked</Badge> : <Moment at={token.expires} />) },
    { key: 'end', title: 'Revoke', silent: true, width: '6rem', end: true, cell: (token) => !token.revoked && <Button size="small" kind="danger" aria-label={`Revoke ${token.name}`} onClick={() => setRevoking(token)}>Revoke</Button> },
  ];

  return (
    <Page
      title="Tokens"
      lead="What programs and machines show instead of a password: for a pipeline, a script, a client that runs by itself."
      actions={<Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New token</Button>}
    >
      <Loaded query={query} lines={5}>
        {(rows) => (
          <Table
            label="Tokens"
            noun="tokens"
            rows={rows}
            columns={columns}
            keyOf={({ id }) => id}
            textOf={({ name, account: of, id, scopes }) => `${name} ${of} ${id} ${scopes?.join(' ') ?? ''}`}
            sortBy="name"
            empty={
              <Empty icon="token" title="No tokens yet" command="adit token create --name ci --scope tunnels:write --expires 30d" action={<Button icon="plus" onClick={() => setAdding(true)}>New token</Button>}>
                Give each program one of its own, with no more rights than it needs and an end: then one that leaks is one line to revoke here.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <NewToken onClose={() => setAdding(false)} onMade={(token) => {
        setAdding(false);
        setMade(token);
      }} />}
      {made && <Made token={made} onClose={() => setMade(undefined)} />}
      {revoking && (
        <Confirm title={`Revoke ${revoking.name}?`} action="Revoke it" onClose={() => setRevoking(undefined)} onConfirm={async () => {
          await tokensApi.revoke(revoking.id);
          toast(`${revoking.name} was revoked.`);
          await query.refetch();
        }}>
          Whatever uses it is refused from now on, and connections that it opened are closed. This cannot be taken back.
        </Confirm>
      )}
    </Page>
  );
}

function Made({ token, onClose }: { readonly token: ApiToken; readonly onClose: () => void }) {
  return (
    <Dialog title={`${token.name} is made`} onClose={onClose}>
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
