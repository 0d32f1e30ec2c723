import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { tokensApi } from '../api/tokens';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Page } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { MakeToken } from './NewToken';
import { TokenTable, tokensKey } from './TokenTable';

export default function Tokens() {
  const { account } = useSession();
  const query = useQuery({ queryKey: tokensKey, queryFn: () => tokensApi.list() });
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Tokens"
      lead="What programs and machines show instead of a password: for a pipeline, a script, a client that runs by itself."
      actions={<Button kind="primary" icon="plus" onClick={() => setAdding(true)}>New token</Button>}
    >
      <Loaded query={query} lines={5}>
        {(rows) => (
          <TokenTable
            rows={rows}
            mine={account}
            empty={
              <Empty icon="token" title="No tokens yet" command="adit token create --name ci --scope tunnels:write --expires 30d" action={<Button icon="plus" onClick={() => setAdding(true)}>New token</Button>}>
                Give each program one of its own, with no more rights than it needs and an end: then one that leaks is one line to revoke here.
              </Empty>
            }
          />
        )}
      </Loaded>
      {adding && <MakeToken onClose={() => setAdding(false)} />}
    </Page>
  );
}
