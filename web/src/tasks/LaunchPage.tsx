import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Problem } from '../api/problem';
import { projectsApi } from '../api/projects';
import { runnersApi } from '../api/runners';
import { tasksApi } from '../api/tasks';
import { templatesApi, type StartRequest, type Template, type TemplateForm } from '../api/templates';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { CheckField, SelectField, TextArea, TextField } from '../design/Field';
import { Page, Panel } from '../design/Page';
import { Failure, Loaded, Notice } from '../design/States';
import { toast } from '../design/toasts';
import { memory } from '../design/words';
import { projectsKey } from '../projects/Projects';
import { knownLabels, type KnownLabel } from '../runners/capacity';
import { runnersKey } from '../runners/keys';
import { templateKey } from '../templates/keys';
import { termsOf, termsSentenceOf } from './idle';
import { accessChoices, accessWordOf, emptyDraft, fieldOf, isFilled, refusalsOf, requestOf, type LaunchDraft } from './launch';
import { ParameterField } from './ParameterField';
import { tasksKey } from './useTasks';
import { Verdict } from './Verdict';
import './launch.css';

const quietMs = 400;

/** Starts something from a template: its form, and beside it what would come of it. */
export default function LaunchPage({ slug }: { readonly slug: string }) {
  const query = useQuery({ queryKey: templateKey(slug), queryFn: () => templatesApi.find(slug), refetchOnWindowFocus: false });
  const template = query.data?.value;
  return (
    <Page title={template ? `Launch ${template.name}` : 'Launch'} crumb={{ to: '/launch', text: 'Launch' }} heading={template?.name ?? slug} lead={template?.description}>
      <Loaded query={query} lines={6}>
        {({ value }) => value.form ? <Form template={value} form={value.form} /> : <Notice kind="danger">{value.problem ?? 'This hub cannot use the template; an admin has to mend it.'}</Notice>}
      </Loaded>
    </Page>
  );
}

function Form({ template, form }: { readonly template: Template; readonly form: TemplateForm }) {
  const [draft, setDraft] = useState<LaunchDraft>(emptyDraft);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [, go] = useLocation();
  const queries = useQueryClient();
  const frame = useRef<HTMLFormElement>(null);
  const wrong = refusalsOf(form, draft);
  const hasAddress = (template.ports ?? []).length > 0;
  const request = useMemo(() => requestOf(template.slug, form, draft), [template.slug, form, draft]);
  const key = useKey(request);
  const settled = useSettled(Object.keys(wrong).length === 0 ? request : undefined);
  const test = useQuery({
    queryKey: [...templateKey(template.slug), 'test', settled],
    queryFn: () => templatesApi.test(template.slug, settled ?? { template: template.slug }),
    enabled: settled !== undefined,
    placeholderData: (before) => before,
    refetchInterval: 10_000,
  });
  // What the hub says of a value stands at its field, unless the page says so already.
  const refusal = settled === request ? test.data?.refusal : undefined;
  const failed = failure instanceof Problem ? failure.message : undefined;
  const said = failed ?? refusal;
  const saidOf = said ? (failure instanceof Problem && failure.code === 'name-taken' ? 'name' : fieldOf(form, said)) : undefined;
  const errorOf = (field: string) => (tried || isFilled(draft, field) ? wrong[field] : undefined) ?? (saidOf === field ? said ?? undefined : undefined);
  const put = (change: Partial<LaunchDraft>) => {
    setFailure(undefined);
    setDraft({ ...draft, ...change });
  };
  const start = async () => {
    setTried(true);
    if (busy) return;
    if (Object.keys(wrong).length > 0) {
      requestAnimationFrame(() => {
        const first = frame.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
        first?.closest('details')?.setAttribute('open', '');
        first?.focus();
      });
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      const task = await tasksApi.start(request, key);
      for (const notice of task.notices ?? []) toast(notice);
      await queries.invalidateQueries({ queryKey: tasksKey });
      go(`/tasks/${task.id}`);
    } catch (problem) {
      setFailure(problem);
      setBusy(false);
    }
  };
  return (
    <form className="launch" noValidate ref={frame} onSubmit={(event) => {
      event.preventDefault();
      void start();
    }}>
      <div className="stack">
        {template.deprecated && <Notice kind="warn">{template.deprecated}</Notice>}
        <Panel>
          <div className="form">
            <TextField label="Name" optional className="mono" spellCheck={false} autoComplete="off" maxLength={30} placeholder={template.slug} value={draft.name}
              onChange={(event) => put({ name: event.target.value })} hint={hasAddress ? 'Part of its address. Left empty, the hub takes one that is free.' : 'Left empty, the hub takes one that is free.'} error={errorOf('name')} />
            {form.fields.map((field) => (
              <ParameterField key={field.name} field={field} value={draft.values[field.name] ?? ''} error={errorOf(`param.${field.name}`)}
                onChange={(value) => put({ values: { ...draft.values, [field.name]: value } })} />
            ))}
            {form.takesCommand && (
              <TextArea label="Command" optional={!form.needsCommand} className="mono" spellCheck={false} rows={2} placeholder="python3 train.py --epochs 10" value={draft.command}
                onChange={(event) => put({ command: event.target.value })} hint="The program and its arguments, without a shell: quotes keep words together, and for pipes write sh -c '…'." error={errorOf('command')} />
            )}
            {form.takesCommand && (
              <SelectField label="What it is for" value={draft.kind} onChange={(event) => put({ kind: event.target.value as LaunchDraft['kind'] })}>
                <option value="">{`As the template says: ${template.kind ?? 'session'}`}</option>
                <option value="session">{`A session: ${termsOf(form.idle)}`}</option>
                <option value="job">A job: it ends by itself</option>
              </SelectField>
            )}
            <TextField label="Workspace" optional className="mono" spellCheck={false} autoComplete="off" maxLength={127} placeholder="as the template says" value={draft.workspace}
              onChange={(event) => put({ workspace: event.target.value })} hint="The volume that is its home directory, made when there is none: a name in its project, or project/name." error={errorOf('workspace')} />
            <Where form={form} draft={draft} put={put} errorOf={errorOf} />
          </div>
        </Panel>
        <Panel title="Size" lead="What is reserved for it. What is left empty is as the template says.">
          <div className="form">
            <div className="pair">
              <TextField label="Cores" optional inputMode="decimal" autoComplete="off" placeholder={String(form.requests.cpu ?? '')} value={draft.cpu} onChange={(event) => put({ cpu: event.target.value })} error={errorOf('cpu')} />
              <TextField label="Memory" optional autoComplete="off" placeholder={form.requests.memoryBytes ? memory(form.requests.memoryBytes) : '1 GiB'} value={draft.memory} onChange={(event) => put({ memory: event.target.value })} error={errorOf('memory')} />
            </div>
            {(form.most.gpus ?? 0) > 0 && (
              <div className="pair">
                <TextField label="GPUs" optional inputMode="numeric" autoComplete="off" placeholder={String(form.requests.gpus ?? 0)} value={draft.gpus} onChange={(event) => put({ gpus: event.target.value })} error={errorOf('gpus')} />
                <GpuField draft={draft} usual={form.requests.gpuType} put={put} />
              </div>
            )}
          </div>
        </Panel>
        {(hasAddress || form.takesEnvironment) && <Panel>
          <details>
            <summary>More</summary>
            <div className="form">
              {hasAddress && <SelectField label="Who may use its address" value={draft.access} onChange={(event) => put({ access: event.target.value })}>
                <option value="">{`As the template says: ${accessWordOf(form.access)}`}</option>
                {accessChoices(form.maxShare).map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
              </SelectField>}
              {form.takesEnvironment && (
                <TextArea label="Environment variables" optional className="mono" spellCheck={false} rows={3} placeholder={'SEED=42'} value={draft.environment}
                  onChange={(event) => put({ environment: event.target.value })} hint="One NAME=VALUE on each line. Nothing secret: who may see the task can read it. A template names the secrets that it is given." error={errorOf('environment')} />
              )}
            </div>
          </details>
        </Panel>}
      </div>
      <aside className="stack">
        <Panel title="What it comes to">
          <div className="stack">
            <Verdict test={test} wrong={Object.keys(wrong).length > 0} isOld={settled !== request} refusal={saidOf ? 'The form says what is refused.' : refusal ?? undefined} />
            {(draft.kind || template.kind) !== 'job' && form.idle && <p className="muted">{termsSentenceOf(form.idle)}</p>}
            {failure !== undefined && !saidOf && <Failure error={failure} />}
            <Button type="submit" kind="primary" size="wide" busy={busy}>Launch</Button>
          </div>
        </Panel>
      </aside>
    </form>
  );
}

/** In which project, and on which machine. */
function Where({ form, draft, put, errorOf }: {
  readonly form: TemplateForm;
  readonly draft: LaunchDraft;
  readonly put: (change: Partial<LaunchDraft>) => void;
  readonly errorOf: (field: string) => string | undefined;
}) {
  const { role } = useSession();
  const projects = useQuery({ queryKey: [...projectsKey, { deleted: false }], queryFn: () => projectsApi.list(false) });
  const runners = useRunners();
  const open = (projects.data ?? []).filter((project) => role === 'admin' || (project.role && project.role !== 'viewer'));
  return (
    <>
      <div className="pair">
        <SelectField label="Project" optional={!form.needsProject} value={draft.project} onChange={(event) => put({ project: event.target.value })} error={errorOf('project')}>
          <option value="">{form.needsProject ? 'Choose one' : 'None'}</option>
          {open.map(({ name, title }) => <option key={name} value={name}>{title ? `${title} (${name})` : name}</option>)}
        </SelectField>
        <SelectField label="Runner" value={draft.runner} onChange={(event) => put({ runner: event.target.value })} error={errorOf('runner')}>
          <option value="">Any that fits</option>
          {runners.map(({ name, isUp, isCordoned, isDraining }) => (
            <option key={name} value={name}>{name}{!isUp ? ' (down)' : isDraining ? ' (draining)' : isCordoned ? ' (cordoned)' : ''}</option>
          ))}
        </SelectField>
      </div>
      <Labels labels={draft.labels} known={knownLabels(runners)} onChange={(labels) => put({ labels })} />
    </>
  );
}

const useRunners = () => useQuery({ queryKey: runnersKey, queryFn: runnersApi.list }).data ?? [];

/** Those of the runners' labels that the one that is taken must have; of a key one value. */
function Labels({ labels, known, onChange }: { readonly labels: LaunchDraft['labels']; readonly known: readonly KnownLabel[]; readonly onChange: (labels: LaunchDraft['labels']) => void }) {
  if (known.length === 0) return null;
  return (
    <fieldset className="field labels">
      <legend>Only on runners with <span className="optional">(optional)</span></legend>
      <div className="label-choices">
        {known.map(({ key, value, runners }) => (
          <CheckField key={`${key}=${value}`} checked={labels[key] === value}
            label={<><code>{key}={value}</code> <span className="faint">{runners === 1 ? '1 runner' : `${runners.toLocaleString('en')} runners`}</span></>}
            onChange={(event) => onChange(event.target.checked ? { ...labels, [key]: value } : Object.fromEntries(Object.entries(labels).filter(([one]) => one !== key)))} />
        ))}
      </div>
    </fieldset>
  );
}

/** The kinds of GPUs that runners have, as their label says them. */
function GpuField({ draft, usual, put }: { readonly draft: LaunchDraft; readonly usual: string | null | undefined; readonly put: (change: Partial<LaunchDraft>) => void }) {
  const id = useId();
  const kinds = knownLabels(useRunners()).filter(({ key }) => key === 'gpu');
  return (
    <>
      <TextField label="Kind of GPU" optional autoComplete="off" spellCheck={false} list={id} placeholder={usual ?? 'any'} value={draft.gpuType} onChange={(event) => put({ gpuType: event.target.value })} />
      <datalist id={id}>{kinds.map(({ value }) => <option key={value} value={value} />)}</datalist>
    </>
  );
}

/** What has not changed for a moment: the hub is not asked at every keystroke. */
function useSettled(request: StartRequest | undefined): StartRequest | undefined {
  const [settled, setSettled] = useState<StartRequest | undefined>(request);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(request), quietMs);
    return () => clearTimeout(timer);
  }, [request]);
  return settled;
}

/** A key of a request: pressing twice, or again after no answer came, starts one. */
function useKey(request: StartRequest): string {
  return useMemo(() => {
    // Another request has another key.
    void request;
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, '0')).join('');
  }, [request]);
}
