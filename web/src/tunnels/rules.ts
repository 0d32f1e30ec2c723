import type { AccessRule } from '../api/tunnels';

/** A rule as it is typed: lists as text with commas. */
export interface RuleDraft {
  readonly key: number;
  readonly allow: boolean;
  readonly who: string;
  readonly networks: string;
  readonly methods: string;
  readonly paths: string;
  /** As an input of kind datetime-local has it; empty for never. */
  readonly expires: string;
  readonly note: string;
}

let nextKey = 1;

export const emptyDraft = (): RuleDraft => ({ key: nextKey++, allow: true, who: 'signed-in', networks: '', methods: '', paths: '', expires: '', note: '' });

export function draftOf(rule: AccessRule): RuleDraft {
  return {
    key: nextKey++,
    allow: rule.allow ?? true,
    who: (rule.who).join(', '),
    networks: (rule.networks ?? []).join(', '),
    methods: (rule.methods ?? []).join(', '),
    paths: (rule.paths ?? []).join(', '),
    expires: rule.expires ? localTime(new Date(rule.expires)) : '',
    note: rule.note ?? '',
  };
}

const listOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);

export function ruleOf(draft: RuleDraft): AccessRule {
  const who = listOf(draft.who);
  const networks = listOf(draft.networks);
  const methods = listOf(draft.methods).map((method) => method.toUpperCase());
  const paths = listOf(draft.paths);
  return {
    allow: draft.allow,
    who,
    ...(networks.length > 0 && { networks }),
    ...(methods.length > 0 && { methods }),
    ...(paths.length > 0 && { paths }),
    ...(draft.expires && { expires: new Date(draft.expires).toISOString() }),
    ...(draft.note.trim() && { note: draft.note.trim() }),
  };
}

const subject = /^(?:owner|project|signed-in|public|basic|token|group:\S+|user:\S+)$/;
const network = /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|[\da-f:.]*:[\da-f:.]*(?:\/\d{1,3})?)$/i;

/** What is wrong with a draft, by field; the hub checks again. */
export function problemsOf(draft: RuleDraft): Partial<Record<keyof RuleDraft, string>> {
  const problems: Partial<Record<keyof RuleDraft, string>> = {};
  const who = listOf(draft.who);
  const stranger = who.find((one) => !subject.test(one));
  if (who.length === 0) problems.who = 'Say who: owner, project, signed-in, public, group:NAME, user:NAME, basic or token.';
  else if (stranger) problems.who = `“${stranger}” is none of owner, project, signed-in, public, group:NAME, user:NAME, basic, token.`;
  const wrongNetwork = listOf(draft.networks).find((one) => !network.test(one));
  if (wrongNetwork) problems.networks = `“${wrongNetwork}” is no network such as 10.0.0.0/8.`;
  const wrongMethod = listOf(draft.methods).find((one) => !/^[a-z]+$/i.test(one));
  if (wrongMethod) problems.methods = `“${wrongMethod}” is no method.`;
  const wrongPath = listOf(draft.paths).find((one) => !one.startsWith('/'));
  if (wrongPath) problems.paths = `A path begins with a slash: “/${wrongPath}”.`;
  return problems;
}

function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
