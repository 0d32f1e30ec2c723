import type { StartRequest, TemplateField, TemplateForm } from '../api/templates';
import { memory } from '../design/words';

/** What somebody has typed so far; empty stands for "as the template says". */
export interface LaunchDraft {
  readonly name: string;
  readonly project: string;
  /** NAME or PROJECT/NAME. */
  readonly workspace: string;
  readonly runner: string;
  /** Labels that the runner must have, by their keys. */
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: '' | 'session' | 'job';
  readonly access: string;
  readonly command: string;
  readonly environment: string;
  readonly cpu: string;
  readonly memory: string;
  readonly gpus: string;
  readonly gpuType: string;
  readonly values: Readonly<Record<string, string>>;
}

export const emptyDraft: LaunchDraft = {
  name: '', project: '', workspace: '', runner: '', labels: {}, kind: '', access: '', command: '', environment: '', cpu: '', memory: '', gpus: '', gpuType: '', values: {},
};

/** What is wrong, by the field; a parameter's field is `param.NAME`. */
export type Refusals = Readonly<Record<string, string>>;

/** Whether somebody has said something in a field: what is wrong with it is said at once, what is missing when they launch. */
export function isFilled(draft: LaunchDraft, field: string): boolean {
  const value = field.startsWith('param.') ? draft.values[field.slice('param.'.length)] : draft[field as Exclude<keyof LaunchDraft, 'values' | 'labels'>];
  return value !== undefined && value.trim() !== '';
}

const names = /^(?:[a-z0-9]|[a-z0-9](?:[a-z0-9]|-(?!-)){1,28}[a-z0-9])$/;

const workspaces = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What the page can tell by itself; the rest the hub says to the dry run. */
export function refusalsOf(form: TemplateForm, draft: LaunchDraft): Refusals {
  const wrong: Record<string, string> = {};
  const put = (field: string, message: string | undefined) => {
    if (message) wrong[field] = message;
  };
  if (draft.name && !names.test(draft.name)) put('name', 'a to z, 0 to 9 and single hyphens inside; one character, or 3 to 30.');
  if (draft.workspace.trim() && !workspaces.test(draft.workspace.trim())) put('workspace', 'NAME, or PROJECT/NAME: a to z, 0 to 9 and hyphens inside.');
  if (form.needsProject && !draft.project) put('project', 'This template works in a project: choose one.');
  for (const field of form.fields) put(`param.${field.name}`, refusalOf(field, draft.values[field.name] ?? ''));
  if (form.takesCommand) put('command', commandRefusal(draft.command, form.needsCommand));
  if (form.takesEnvironment && environmentOf(draft.environment) === undefined) put('environment', 'One NAME=VALUE on each line; a name has letters, digits and _.');
  put('cpu', numberRefusal(draft.cpu, 0.01, form.most.cpu ?? 1024, false));
  put('memory', memoryRefusal(draft.memory, form.most.memoryBytes ?? undefined));
  put('gpus', numberRefusal(draft.gpus, 0, form.most.gpus ?? 0, true));
  return wrong;
}

/** What is wrong with the value of a parameter; an empty one is its default. */
export function refusalOf(field: TemplateField, value: string): string | undefined {
  if (value === '') return field.default === null || field.default === undefined ? 'This one is needed.' : undefined;
  if (field.type === 'number') return numberRefusal(value, field.min ?? undefined, field.max ?? undefined, field.isInteger ?? false);
  if (field.type !== 'string') return undefined;
  if (field.minLength && value.length < field.minLength) return `At least ${String(field.minLength)} characters.`;
  if (field.maxLength && value.length > field.maxLength) return `At most ${String(field.maxLength)} characters.`;
  return field.pattern && fits(field.pattern, value) === false ? `It has to look like ${field.pattern}` : undefined;
}

// The hub's expressions are of .NET: one that is none here is left to the hub.
function fits(pattern: string, value: string): boolean | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch {
    return undefined;
  }
}

function numberRefusal(text: string, least: number | undefined, most: number | undefined, isWhole: boolean): string | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text.trim());
  const what = isWhole ? 'A whole number' : 'A number';
  if (!Number.isFinite(value) || (isWhole && !Number.isInteger(value)) || (least !== undefined && value < least) || (most !== undefined && value > most)) {
    const words = (number: number) => number.toLocaleString('en');
    return least !== undefined && most !== undefined ? `${what} from ${words(least)} to ${words(most)}.`
      : least !== undefined ? `${what} of at least ${words(least)}.` : most !== undefined ? `${what} of at most ${words(most)}.` : `${what}.`;
  }
  return undefined;
}

function memoryRefusal(text: string, most: number | undefined): string | undefined {
  if (text.trim() === '') return undefined;
  const value = bytesOf(text);
  if (value === undefined) return 'A size with its unit: 512 MiB, 4 GiB, 2 GB.';
  return most !== undefined && value > most ? `At most ${memory(most)}.` : undefined;
}

const units: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 };

/** "4 GB" → 4,000,000,000; "512 MiB" and "512Mi" → 536,870,912; undefined for what is no size. */
export function bytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)b?$/i.exec(text.trim());
  const unit = units[match?.[2]?.toLowerCase() ?? ''];
  const value = unit === undefined ? undefined : Math.round(Number(match?.[1]) * unit);
  return value !== undefined && value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function commandRefusal(text: string, isNeeded: boolean): string | undefined {
  if (text.trim() === '') return isNeeded ? 'This template runs the command that you give it: write one.' : undefined;
  return argumentsOf(text) === undefined ? 'A quote is not closed.' : undefined;
}

/** A command taken apart as a shell would: quotes hold together, a backslash takes the next character as it is. Undefined while a quote is open. */
export function argumentsOf(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let part: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const here = text[at] ?? '';
    if (quote !== undefined) {
      if (here === quote) quote = undefined;
      else if (here === '\\' && quote === '"' && /["\\$`]/.test(text[at + 1] ?? '')) part = (part ?? '') + (text[++at] ?? '');
      else part = (part ?? '') + here;
    } else if (here === '"' || here === "'") {
      quote = here;
      part ??= '';
    } else if (here === '\\' && at + 1 < text.length) {
      const next = text[++at] ?? '';
      // A line that goes on on the next one.
      if (next !== '\n') part = (part ?? '') + next;
    } else if (/\s/.test(here)) {
      if (part !== undefined) parts.push(part);
      part = undefined;
    } else part = (part ?? '') + here;
  }
  if (quote !== undefined) return undefined;
  if (part !== undefined) parts.push(part);
  return parts;
}

/** NAME=VALUE by line; undefined when one is not of that form. */
export function environmentOf(text: string): Readonly<Record<string, string>> | undefined {
  const read: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\r?$/.exec(line);
    if (!match?.[1]) return undefined;
    read[match[1]] = match[2] ?? '';
  }
  return read;
}

/** What is asked of the hub: only what somebody has said. */
export function requestOf(slug: string, form: TemplateForm, draft: LaunchDraft): StartRequest {
  const parameters = Object.fromEntries(form.fields.flatMap(({ name, isAllowed }) => (isAllowed && draft.values[name] ? [[name, draft.values[name]]] : [])));
  const command = form.takesCommand ? argumentsOf(draft.command) ?? [] : [];
  const environment = form.takesEnvironment ? environmentOf(draft.environment) ?? {} : {};
  const number = (text: string) => (text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text));
  const [cpu, memoryBytes, gpus] = [number(draft.cpu), bytesOf(draft.memory), number(draft.gpus)];
  const resources = {
    ...(cpu !== undefined && { cpu }), ...(memoryBytes !== undefined && { memoryBytes }),
    ...(gpus !== undefined && { gpus }), ...(draft.gpuType.trim() && { gpuType: draft.gpuType.trim() }),
  };
  return {
    template: slug,
    ...(draft.name && { name: draft.name }),
    ...(draft.kind && { kind: draft.kind }),
    ...(draft.project && { project: draft.project }),
    ...(draft.workspace.trim() && { workspace: draft.workspace.trim() }),
    ...(draft.runner && { runner: draft.runner }),
    ...(Object.keys(draft.labels).length > 0 && { labels: { ...draft.labels } }),
    ...(draft.access && { access: draft.access }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(command.length > 0 && { command: [...command] }),
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(Object.keys(resources).length > 0 && { resources }),
  };
}

/** The field that a refusal of the hub is about; undefined when it is about none of them alone. */
export function fieldOf(form: TemplateForm, refusal: string): string | undefined {
  const parameter = /\bparameter '([^']+)'/.exec(refusal)?.[1];
  if (parameter && form.fields.some(({ name }) => name === parameter)) return `param.${parameter}`;
  if (/\bname\b.*\btaken\b|\balready\b.*\bname\b|\bcalled\b/i.test(refusal)) return 'name';
  if (/\benvironment variable/i.test(refusal)) return 'environment';
  if (/\bworkspace\b/i.test(refusal)) return 'workspace';
  if (/\bcommand\b/i.test(refusal)) return 'command';
  if (/\bcores\b/.test(refusal)) return 'cpu';
  if (/\bmemory\b/.test(refusal)) return 'memory';
  if (/\bGPUs?\b/.test(refusal)) return 'gpus';
  if (/\bproject\b/.test(refusal)) return 'project';
  return undefined;
}

/** "2 of 3 runners fit". */
export const fitLineOf = (runners: readonly { readonly couldFit: boolean }[]) =>
  `${runners.filter(({ couldFit }) => couldFit).length.toLocaleString('en')} of ${runners.length.toLocaleString('en')} runners fit`;

/** "0.42 EUR an hour"; small prices with more digits. */
export function priceOf(perHour: number, currency: string | null | undefined): string {
  const digits = perHour > 0 && perHour < 0.1 ? 4 : 2;
  return `${perHour.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: digits })}${currency ? ` ${currency}` : ''} an hour`;
}

const reach = ['owner', 'project', 'signed-in', 'public'] as const;
const reachWords: Readonly<Record<string, string>> = { owner: 'only me', project: 'members of its project', 'signed-in': 'all who can sign in', public: 'everybody, without signing in' };

/** Who a level of access lets in, as its owner reads it. */
export const accessWordOf = (access: string) => reachWords[access] ?? access;

/** Who may be let in at most: the choices up to what the template allows. */
export const accessChoices = (maxShare: string) =>
  reach.slice(0, Math.max(0, reach.indexOf(maxShare as (typeof reach)[number])) + 1).map((value) => ({ value, text: accessWordOf(value) }));
