import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { tokensApi } from '../api/tokens';
import { Button } from '../design/Button';
import { Empty, Loaded } from '../design/States';
import { MakeToken } from './NewToken';
import { TokenTable, tokensKey } from './TokenTable';

/** The tokens of a service account. `project` is what a new one is for, unless whoever makes it says otherwise. */
export function AccountTokens({ account, project, mayChange, isActive }: {
  readonly account: string;
  readonly project?: string | undefined;
  readonly mayChange: boolean;
  readonly isActive: boolean;
}) {
  const query = useQuery({ queryKey: [...tokensKey, account], queryFn: () => tokensApi.list(account) });
  const [adding, setAdding] = useState(false);
  const add = mayChange && isActive && <Button icon="plus" onClick={() => setAdding(true)}>New token</Button>;
  return (
    <>
      <Loaded query={query} lines={3}>
        {(rows) => (
          <TokenTable
            rows={rows}
            mine={account}
            tools={rows.length > 0 && add}
            empty={
              <Empty icon="token" title="It has no tokens yet" command={`adit token create --account ${account} --name ci --expires 30d`} action={add}>
                A program shows a token of this account; until there is one, nothing acts as {account}.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <MakeToken owner={account} project={project} onClose={() => setAdding(false)} />}
    </>
  );
}
