import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../api/problem';
import { tunnelsApi, type Tunnel } from '../api/tunnels';
import { Button } from '../design/Button';
import { Panel } from '../design/Page';
import { Failure, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { accessDraftOf, accessOf, isAccessWrong, isSameAccess } from './access';
import { AccessFields } from './AccessFields';
import { tunnelKey, tunnelsKey } from './useTunnels';

const draftOf = (tunnel: Tunnel) => accessDraftOf(tunnel.access, tunnel.rules);

/** Who may use a tunnel. What two people edit at once is noticed: the second is told, and sees what the first made of it. */
export function AccessEditor({ tunnel, etag }: { readonly tunnel: Tunnel; readonly etag: string | null }) {
  const queries = useQueryClient();
  // The state that is edited is the one that was there when editing began; the page goes on with its own.
  const [base, setBase] = useState({ tunnel, etag });
  const [draft, setDraft] = useState(() => draftOf(tunnel));
  const [tried, setTried] = useState(false);
  const startFrom = (from: Tunnel, tag: string | null) => {
    setBase({ tunnel: from, etag: tag });
    setDraft(draftOf(from));
    setTried(false);
  };

  const isChanged = !isSameAccess(draft, draftOf(base.tunnel));
  const save = useMutation({
    mutationFn: () => {
      const { access, rules } = accessOf(draft);
      return tunnelsApi.change(base.tunnel.name, {
        ...(access !== base.tunnel.access && { access }),
        ...((rules.length > 0 || (base.tunnel.rules?.length ?? 0) > 0) && { rules }),
      }, base.etag);
    },
    onSuccess: ({ value, etag: tag }) => {
      startFrom(value, tag);
      toast('Saved. It holds from now on, for what is open too.');
    },
    onSettled: () => queries.invalidateQueries({ queryKey: tunnelsKey }),
  });
  const reload = async () => {
    const { value, etag: tag } = await tunnelsApi.find(base.tunnel.name);
    startFrom(value, tag);
    save.reset();
    await queries.invalidateQueries({ queryKey: tunnelKey(base.tunnel.name) });
  };
  const conflict = save.error instanceof Problem && save.error.status === 412;

  return (
    <Panel title="Who may use it" lead="Rules are looked at from the top, and the first that fits decides; where none does, this choice.">
      <div className="stack loose">
        <AccessFields draft={draft} onChange={setDraft} tried={tried} wasPublic={base.tunnel.access === 'public'} />
        {conflict ? (
          <Notice kind="warn">
            <span>Somebody else changed this tunnel meanwhile. What you see here is not what holds.</span>
            <Button size="small" icon="replay" onClick={() => void reload()}>Show what holds now</Button>
          </Notice>
        ) : save.error && <Failure error={save.error} />}
        <div className="row">
          <Button kind="primary" busy={save.isPending} disabled={!isChanged} onClick={() => {
            setTried(true);
            if (!isAccessWrong(draft)) save.mutate();
          }}>
            Save
          </Button>
          {isChanged && <Button kind="quiet" onClick={() => startFrom(base.tunnel, base.etag)}>Discard</Button>}
        </div>
      </div>
    </Panel>
  );
}
