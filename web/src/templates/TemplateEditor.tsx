import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../api/problem';
import { templatesApi, type Template, type TemplateRemark } from '../api/templates';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Moment } from '../design/Moment';
import { Panel } from '../design/Page';
import { Failure, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { Verdict } from '../tasks/Verdict';
import { commandLineOf } from '../tasks/words';
import { CodeEditor } from './CodeEditor';
import { offsetOf, skeletonOf } from './documents';
import { templateKey, templatesKey } from './keys';
import '../tasks/launch.css';

const quietMs = 500;

/** A document is written, looked at by the hub as it is typed, kept as a draft and published. */
export function TemplateEditor({ template, etag }: { readonly template: Template; readonly etag: string | null }) {
  const { slug } = template;
  const kept = template.draft?.yaml ?? template.yaml ?? skeletonOf(slug);
  const [yaml, setYaml] = useState(kept);
  const [from, setFrom] = useState({ kept, etag });
  const [asked, setAsked] = useState<'publish' | 'drop' | 'remove'>();
  const field = useRef<HTMLTextAreaElement>(null);
  const queries = useQueryClient();
  // Saved, dropped or published: what the hub has now is where one goes on from. What is half written stays until then.
  if (from.etag !== etag && yaml === from.kept) {
    setFrom({ kept, etag });
    setYaml(kept);
  }
  const isChanged = yaml !== from.kept;
  const settled = useSettled(yaml);
  const test = useQuery({ queryKey: [...templateKey(slug), 'document', settled], queryFn: () => templatesApi.testDocument(settled), placeholderData: (before) => before, gcTime: 60_000 });
  const remarks = settled === yaml ? test.data?.problems ?? [] : [];
  const isWrong = remarks.some(({ isWarning }) => !isWarning);

  useEffect(() => {
    if (!isChanged) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isChanged]);

  const take = (saved: { readonly value: Template; readonly etag: string | null }) => {
    const now = saved.value.draft?.yaml ?? saved.value.yaml ?? yaml;
    setFrom({ kept: now, etag: saved.etag });
    setYaml(now);
    queries.setQueryData(templateKey(slug), saved);
  };
  const save = useAction(async () => {
    take(await templatesApi.saveDraft(slug, yaml, from.etag));
    toast('Saved as a draft. Nobody uses it until it is published.');
  });
  const goTo = (remark: TemplateRemark) => {
    const area = field.current;
    if (!area) return;
    const at = offsetOf(yaml, remark);
    area.focus();
    area.setSelectionRange(at, at);
    area.closest('.editor')?.scrollTo({ top: Math.max(0, (remark.line - 5) * 20) });
  };
  const isLost = save.error instanceof Problem && save.error.status === 412;
  return (
    <>
      {template.draft && !isChanged && <Notice><span>A draft by {template.draft.by}, <Moment at={template.draft.at} />: {template.version === null || template.version === undefined ? 'nothing is published yet.' : 'what is published is used until this is.'}</span></Notice>}
      {save.error !== undefined && (
        <>
          <Failure error={save.error} />
          {isLost && <div><Button size="small" onClick={() => void (async () => {
            const now = await templatesApi.find(slug);
            take(now);
          })().catch((failure: unknown) => toast(String(failure), 'danger'))}>Drop mine and show what holds now</Button></div>}
        </>
      )}
      <div className="launch">
        <CodeEditor label="Document" value={yaml} remarks={remarks} field={field} onChange={setYaml}
          hint={<>Its schema is at <code>/api/v1/templates/schema</code>, for editors that know YAML schemas.</>} />
        <aside className="stack">
          <Panel title={isWrong ? 'What is wrong' : 'What it comes to'}>
            <div className="stack">
              {remarks.length > 0 && <Remarks remarks={remarks} onGo={goTo} />}
              {!isWrong && (test.data?.form?.needsCommand
                ? <p className="muted">Nothing is wrong with it. Whoever launches it gives the command.</p>
                : <Verdict test={test} wrong={false} isOld={settled !== yaml} refusal={test.data?.refusal ?? undefined} />)}
              {!isWrong && test.data?.spec && test.data.spec.command.length > 0 && <details><summary>What a runner gets</summary><code>{commandLineOf(test.data.spec.command)}</code></details>}
              <div className="row">
                <Button kind={isChanged ? 'primary' : 'quiet'} busy={save.busy} disabled={!isChanged} onClick={() => void save.run()}>Save the draft</Button>
                <Button {...(!isChanged && !isWrong && template.draft && { kind: 'primary' as const })} disabled={isChanged || isWrong || !template.draft} onClick={() => setAsked('publish')}>Publish…</Button>
              </div>
              <div className="row">
                {template.draft && <Button size="small" kind="quiet" onClick={() => setAsked('drop')}>Drop the draft…</Button>}
                {(template.version ?? 0) > 0 && <Button size="small" kind="danger" onClick={() => setAsked('remove')}>{template.isShipped ? 'Back to what is shipped…' : 'Remove the template…'}</Button>}
              </div>
            </div>
          </Panel>
        </aside>
      </div>
      {asked === 'publish' && <Publish slug={slug} onClose={() => setAsked(undefined)} onPublish={async (note) => {
        take(await templatesApi.publish(slug, note ? { note } : {}, from.etag));
        toast('Published. It holds for what is launched from now on.');
        await queries.invalidateQueries({ queryKey: templatesKey });
      }} />}
      {asked === 'drop' && (
        <Confirm title="Drop the draft?" action="Drop it" onClose={() => setAsked(undefined)} onConfirm={async () => {
          await templatesApi.dropDraft(slug, from.etag);
          if (template.version === null || template.version === undefined) {
            history.back();
          } else take(await templatesApi.find(slug));
          await queries.invalidateQueries({ queryKey: templatesKey });
        }}>
          What is written in it is gone. What is published stays.
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm title={template.isShipped ? `Back to what is shipped?` : `Remove ${slug}?`} action={template.isShipped ? 'Go back' : 'Remove it'} onClose={() => setAsked(undefined)} onConfirm={async () => {
          await templatesApi.remove(slug, from.etag);
          toast(template.isShipped ? `${slug} is as shipped again.` : `${slug} was removed.`);
          if (template.isShipped) take(await templatesApi.find(slug));
          else history.back();
          await queries.invalidateQueries({ queryKey: templatesKey });
        }}>
          All that was published of it goes, with its versions. What runs goes on.
        </Confirm>
      )}
    </>
  );
}

function Publish({ slug, onPublish, onClose }: { readonly slug: string; readonly onPublish: (note: string) => Promise<void>; readonly onClose: () => void }) {
  const [note, setNote] = useState('');
  return (
    <FormDialog title={`Publish ${slug}`} action="Publish it" onClose={onClose} ready={() => true} onSubmit={() => onPublish(note.trim())}>
      <p className="muted">It becomes a new version that is used from then on. What runs goes on as it is.</p>
      <TextField label="Note" optional maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} hint="What you want to remember of this version." />
    </FormDialog>
  );
}

function Remarks({ remarks, onGo }: { readonly remarks: readonly TemplateRemark[]; readonly onGo: (remark: TemplateRemark) => void }) {
  return (
    <ul className="remarks" aria-label="Remarks" aria-live="polite">
      {remarks.map((remark, at) => (
        <li key={at} className={remark.isWarning ? 'warned' : 'wrong'}>
          <button type="button" onClick={() => onGo(remark)}>
            <span className="numeric">line {remark.line}</span>
            <span>{remark.message}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), quietMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
