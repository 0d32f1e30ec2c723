import { skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../api/problem';
import { tunnelsApi, type Tunnel } from '../api/tunnels';
import { Button } from '../design/Button';
import { Panel } from '../design/Page';
import { Failure, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { accessDraftOf, accessOf, isAccessWrong, isSameAccess, type AccessDraft } from './access';
import { AccessFields } from './AccessFields';
import type { Flowing } from './flow';
import { tunnelKey, tunnelsKey } from './useTunnels';

const draftOf = (tunnel: Tunnel) => accessDraftOf(tunnel.access, tunnel.rules);

/** What is edited: the state that it began from, and what was made of it. */
interface Editing {
  readonly tunnel: Tunnel;
  readonly etag: string | null;
  readonly draft: AccessDraft;
}

const begin = (tunnel: Tunnel, etag: string | null): Editing => ({ tunnel, etag, draft: draftOf(tunnel) });
const isTouched = ({ tunnel, draft }: Editing) => !isSameAccess(draft, draftOf(tunnel));

/**
 * Who may use a tunnel. Untouched it follows what holds; once touched it stays what it is, and says when somebody else changed it meanwhile. A
 * draft outlives a look at another part of the page.
 */
export function AccessEditor({ tunnel, etag }: { readonly tunnel: Tunnel; readonly etag: string | null }) {
  const queries = useQueryClient();
  const kept = useQuery<Editing | null>({ queryKey: ['access draft', tunnel.name], queryFn: skipToken, gcTime: Number.POSITIVE_INFINITY });
  const [editing, setEditing] = useState(() => kept.data ?? begin(tunnel, etag));
  const [tried, setTried] = useState(false);
  const { draft } = editing;
  const isChanged = isTouched(editing);
  const edit = (to: Editing) => {
    setEditing(to);
    queries.setQueryData<Editing | null>(['access draft', tunnel.name], isTouched(to) ? to : null);
  };
  const startFrom = (from: Tunnel, tag: string | null) => {
    edit(begin(from, tag));
    setTried(false);
  };

  const isOld = !isSameAccess(draftOf(tunnel), draftOf(editing.tunnel));
  // What changed was nothing that is edited here, or nobody has begun to edit it.
  if (etag !== editing.etag && !(isOld && isChanged)) setEditing(isOld ? begin(tunnel, etag) : { ...editing, tunnel, etag });

  const save = useMutation({
    mutationFn: () => {
      const { access, rules } = accessOf(draft);
      return tunnelsApi.change(editing.tunnel.name, {
        ...(access !== editing.tunnel.access && { access }),
        ...((rules.length > 0 || (editing.tunnel.rules?.length ?? 0) > 0) && { rules }),
      }, editing.etag);
    },
    onSuccess: async ({ value, etag: tag }) => {
      await know(value, tag);
      startFrom(value, tag);
      toast('Saved. It holds from now on, for what is open too.');
    },
    onSettled: () => queries.invalidateQueries({ queryKey: tunnelsKey }),
  });
  // The page knows at once what this editor knows; an older answer that is under way counts no more.
  const know = async (value: Tunnel, tag: string | null) => {
    await queries.cancelQueries({ queryKey: tunnelKey(value.name), exact: true });
    queries.setQueryData<Flowing & { readonly etag: string | null }>(tunnelKey(value.name), (known) => known && { ...known, tunnel: value, etag: tag });
  };
  const reload = async () => {
    const { value, etag: tag } = await tunnelsApi.find(tunnel.name);
    await know(value, tag);
    startFrom(value, tag);
    save.reset();
  };
  const conflict = (isOld && isChanged && !save.isPending) || (save.error instanceof Problem && save.error.status === 412);

  return (
    <Panel title="Who may use it" lead="Rules are looked at from the top, and the first that fits decides; where none does, this choice.">
      <div className="stack loose">
        <AccessFields draft={draft} onChange={(to) => edit({ ...editing, draft: to })} tried={tried} wasPublic={editing.tunnel.access === 'public'} />
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
          {isChanged && <Button kind="quiet" onClick={() => {
            startFrom(tunnel, etag);
            save.reset();
          }}>Discard</Button>}
        </div>
      </div>
    </Panel>
  );
}
