import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { quotasApi, type Quota } from '../api/usage';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { Page, Panel, Tabs } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { toast } from '../design/toasts';
import { quotasKey } from './keys';
import { QuotaDialog } from './QuotaDialog';
import { QuotaItem } from './Quotas';
import { usageTabs } from './tabs';

const lookMs = 15_000;

/** The quotas that are set; admins change them. */
export default function QuotasPage() {
  const { role } = useSession();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: [...quotasKey, 'all'], queryFn: () => quotasApi.list(false), refetchInterval: lookMs });
  const [asked, setAsked] = useState<{ readonly what: 'set' | 'remove'; readonly quota?: Quota }>();
  const close = () => setAsked(undefined);
  const again = () => queries.invalidateQueries({ queryKey: quotasKey });
  const isAdmin = role === 'admin';
  return (
    <Page title="Quotas" lead="How much the tasks of users and projects may have at once, and how many GPU hours in a month."
      actions={isAdmin && <Button kind="primary" icon="plus" onClick={() => setAsked({ what: 'set' })}>Set a quota</Button>}>
      <Tabs label="Usage" items={usageTabs} current="/usage/quotas" />
      <Loaded query={query} lines={5}>
        {(quotas) => quotas.length === 0 ? (
          <div className="panel">
            <Empty icon="usage" title="No quotas yet" command="adit quota set 'user:*' --cpu 16 --gpu-hours 100">
              Everybody has what runners have. A quota of every user is a good beginning; users and projects that need more get their own.
            </Empty>
          </div>
        ) : (
          <Panel bare>
            <ul>
              {quotas.map((quota) => (
                <QuotaItem key={`${quota.kind}:${quota.name}`} quota={quota}>
                  {isAdmin && (
                    <>
                      <Button size="small" onClick={() => setAsked({ what: 'set', quota })} aria-label={`Change the quota of ${quota.name}`}>Change…</Button>
                      <Button size="small" kind="quiet" onClick={() => setAsked({ what: 'remove', quota })} aria-label={`Remove the quota of ${quota.name}`}>Remove…</Button>
                    </>
                  )}
                </QuotaItem>
              ))}
            </ul>
          </Panel>
        )}
      </Loaded>
      {asked?.what === 'set' && <QuotaDialog quota={asked.quota} onClose={close} onDone={again} />}
      {asked?.what === 'remove' && asked.quota && (
        <Confirm title={`Remove the quota of ${asked.quota.name === '*' ? `every ${asked.quota.kind}` : asked.quota.name}?`} action="Remove it" onClose={close} onConfirm={async () => {
          if (asked.quota) await quotasApi.remove(asked.quota.kind, asked.quota.name);
          toast('The quota was removed.');
          await again();
        }}>
          {asked.quota.name === '*' ? 'Whoever has no quota of their own has no limits from then on.' : 'The default holds from then on, where there is one.'}
        </Confirm>
      )}
    </Page>
  );
}
