import { useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { tokensApi, type ApiToken } from '../api/tokens';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { Moment } from '../design/Moment';
import { Badge } from '../design/Page';
import { Table, type Column } from '../design/Table';
import { toast } from '../design/toasts';

export const tokensKey = ['tokens'];

/** Tokens, each with an end that can be made at once. Those of others than `mine` say whose they are. */
export function TokenTable({ rows, mine, tools, empty }: {
  readonly rows: readonly ApiToken[];
  readonly mine: string;
  readonly tools?: ReactNode;
  readonly empty: ReactNode;
}) {
  const queries = useQueryClient();
  const [revoking, setRevoking] = useState<ApiToken>();
  const columns: readonly Column<ApiToken>[] = [
    {
      key: 'name', title: 'Name', sort: ({ name }) => name.toLowerCase(),
      cell: (token) => (
        <>
          <span className="truncate"><strong>{token.name}</strong></span>
          <span className="under truncate">{token.account === mine ? <span className="mono">{token.id}</span> : <>of {token.account}</>}</span>
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
    {
      key: 'end', title: 'Revoke', silent: true, width: '6rem', end: true,
      cell: (token) => token.may?.includes('revoke') && !token.revoked && <Button size="small" kind="danger" aria-label={`Revoke ${token.name}`} onClick={() => setRevoking(token)}>Revoke</Button>,
    },
  ];
  return (
    <>
      <Table
        label="Tokens"
        noun="tokens"
        rows={rows}
        columns={columns}
        keyOf={({ id }) => id}
        textOf={({ name, account, id, scopes }) => `${name} ${account} ${id} ${scopes?.join(' ') ?? ''}`}
        sortBy="name"
        tools={tools}
        empty={empty}
      />
      {revoking && (
        <Confirm title={`Revoke ${revoking.name}?`} action="Revoke it" onClose={() => setRevoking(undefined)} onConfirm={async () => {
          await tokensApi.revoke(revoking.id);
          toast(`${revoking.name} was revoked.`);
          await queries.invalidateQueries({ queryKey: tokensKey });
        }}>
          Whatever uses it is refused from now on, and connections that it opened are closed. This cannot be taken back.
        </Confirm>
      )}
    </>
  );
}
