import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../api/problem';
import { tunnelsApi, type Tunnel } from '../api/tunnels';
import { Button } from '../design/Button';
import { SelectField, TextField } from '../design/Field';
import { Panel } from '../design/Page';
import { Empty, Failure, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { RuleEditor } from './RuleEditor';
import { draftOf, emptyDraft, problemsOf, ruleOf, type RuleDraft } from './rules';
import { tunnelKey, tunnelsKey } from './useTunnels';

const levels = [
  ['owner', 'Its owner only'],
  ['project', 'Members of its project'],
  ['signed-in', 'Everybody who can sign in'],
  ['public', 'Anybody, without signing in'],
  ['named', 'Some groups and accounts'],
] as const;

/** Who may use a tunnel. What two people edit at once is noticed: the second is told, and sees what the first made of it. */
export function AccessEditor({ tunnel, etag }: { readonly tunnel: Tunnel; readonly etag: string | null }) {
  const queries = useQueryClient();
  // The state that is edited is the one that was there when editing began; the page goes on with its own.
  const [base, setBase] = useState({ tunnel, etag });
  const [level, subjectThen] = split(base.tunnel.access);
  const [kind, setKind] = useState(level);
  const [subject, setSubject] = useState(subjectThen);
  const [drafts, setDrafts] = useState<readonly RuleDraft[]>(() => (base.tunnel.rules ?? []).map(draftOf));
  const [tried, setTried] = useState(false);

  const startFrom = (from: Tunnel, tag: string | null) => {
    const [nextKind, nextSubject] = split(from.access);
    setBase({ tunnel: from, etag: tag });
    setKind(nextKind);
    setSubject(nextSubject);
    setDrafts((from.rules ?? []).map(draftOf));
    setTried(false);
  };

  const access = kind === 'named' ? namesOf(subject).join(',') : kind;
  const rules = drafts.map(ruleOf);
  const isChanged = access !== base.tunnel.access || JSON.stringify(rules) !== JSON.stringify((base.tunnel.rules ?? []).map(draftOf).map(ruleOf));
  const subjectWrong = kind === 'named' && (namesOf(subject).length === 0 || !namesOf(subject).every((name) => /^(?:group|user):\S+$/.test(name)));
  const isWrong = subjectWrong || drafts.some((draft) => Object.keys(problemsOf(draft)).length > 0);

  const save = useMutation({
    mutationFn: () => tunnelsApi.change(base.tunnel.name, {
      ...(access !== base.tunnel.access && { access }),
      ...((drafts.length > 0 || (base.tunnel.rules?.length ?? 0) > 0) && { rules }),
    }, base.etag),
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
        <div className="form">
          <div className="pair">
            <SelectField label="Access" value={kind} onChange={(event) => setKind(event.target.value)}>
              {levels.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
            </SelectField>
            {kind === 'named' && (
              <TextField label="Which ones" className="mono" placeholder="group:ds, user:anna" value={subject} spellCheck={false} onChange={(event) => setSubject(event.target.value)}
                error={tried && subjectWrong ? 'group:NAME or user:NAME, several with commas.' : undefined} />
            )}
          </div>
        </div>
        {kind === 'public' && kind !== level && <Notice kind="warn">Anybody who can reach this hub will be able to use it. Whether you may open that far, an admin decides.</Notice>}
        <div className="stack tight">
          {drafts.length === 0 ? (
            <Empty icon="lock" title="No rules" action={<Button icon="plus" onClick={() => setDrafts([emptyDraft()])}>Add a rule</Button>}>
              Rules say more than one choice can: a network that may, a path that may not, a share that ends on Friday.
            </Empty>
          ) : (
            <>
              <ol className="stack tight" aria-label="Rules">
                {drafts.map((draft, at) => (
                  <RuleEditor
                    key={draft.key}
                    draft={draft}
                    number={at + 1}
                    problems={tried ? problemsOf(draft) : {}}
                    onChange={(to) => setDrafts(drafts.with(at, to))}
                    onRemove={() => setDrafts(drafts.toSpliced(at, 1))}
                    onMove={(by) => {
                      const moved = drafts.toSpliced(at, 1);
                      setDrafts(moved.toSpliced(Math.min(Math.max(at + by, 0), moved.length), 0, draft));
                    }}
                    isFirst={at === 0}
                    isLast={at === drafts.length - 1}
                  />
                ))}
              </ol>
              <div><Button icon="plus" size="small" onClick={() => setDrafts([...drafts, emptyDraft()])}>Add a rule</Button></div>
            </>
          )}
        </div>
        {conflict ? (
          <Notice kind="warn">
            <span>Somebody else changed this tunnel meanwhile. What you see here is not what holds.</span>
            <Button size="small" icon="replay" onClick={() => void reload()}>Show what holds now</Button>
          </Notice>
        ) : save.error && <Failure error={save.error} />}
        <div className="row">
          <Button kind="primary" busy={save.isPending} disabled={!isChanged} onClick={() => {
            setTried(true);
            if (!isWrong) save.mutate();
          }}>
            Save
          </Button>
          {isChanged && <Button kind="quiet" onClick={() => startFrom(base.tunnel, base.etag)}>Discard</Button>}
        </div>
      </div>
    </Panel>
  );
}

function split(access: string): readonly [string, string] {
  return levels.some(([value]) => value === access) ? [access, ''] : ['named', access.replaceAll(',', ', ')];
}

const namesOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);
