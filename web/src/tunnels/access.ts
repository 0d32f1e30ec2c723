import type { AccessRule } from '../api/tunnels';
import { draftOf, problemsOf, ruleOf, type RuleDraft } from './rules';

/** The choices of who may use something, and what they are called. */
export const levels = [
  ['owner', 'Its owner only'],
  ['project', 'Members of its project'],
  ['signed-in', 'Everybody who can sign in'],
  ['public', 'Anybody, without signing in'],
  ['named', 'Some groups and accounts'],
] as const;

/** `group:ds,user:anna` as people say it: "group ds, user anna". */
export const accessText = (access: string) => access.split(',').map((word) => word.trim().replace(':', ' ')).join(', ');

/** Who may use something, as it is edited. */
export interface AccessDraft {
  /** One of the levels. */
  readonly kind: string;
  /** For `named`: the names as they are typed. */
  readonly subject: string;
  readonly rules: readonly RuleDraft[];
}

export function accessDraftOf(access: string, rules: readonly AccessRule[] | null | undefined): AccessDraft {
  const isLevel = levels.some(([value]) => value === access);
  return { kind: isLevel ? access : 'named', subject: isLevel ? '' : access.replaceAll(',', ', '), rules: (rules ?? []).map(draftOf) };
}

const namesOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** What a draft says to the hub. */
export const accessOf = (draft: AccessDraft): { readonly access: string; readonly rules: AccessRule[] } => ({
  access: draft.kind === 'named' ? namesOf(draft.subject).join(',') : draft.kind,
  rules: draft.rules.map(ruleOf),
});

/** Whether the names of a draft are none; the hub checks again. */
export const isSubjectWrong = ({ kind, subject }: AccessDraft) =>
  kind === 'named' && (namesOf(subject).length === 0 || !namesOf(subject).every((name) => /^(?:group|user):\S+$/.test(name)));

export const isAccessWrong = (draft: AccessDraft) => isSubjectWrong(draft) || draft.rules.some((rule) => Object.keys(problemsOf(rule)).length > 0);

/** Whether two drafts say the same to the hub. */
export const isSameAccess = (a: AccessDraft, b: AccessDraft) => JSON.stringify(accessOf(a)) === JSON.stringify(accessOf(b));
