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
  /** What `expires` was when editing began: what is over may stay as it is. */
  readonly expired?: string;
  readonly note: string;
}

let nextKey = 1;

export const emptyDraft = (): RuleDraft => ({ key: nextKey++, allow: true, who: 'signed-in', networks: '', methods: '', paths: '', expires: '', note: '' });

export function draftOf(rule: AccessRule): RuleDraft {
  const expires = rule.expires ? localTime(new Date(rule.expires)) : '';
  return {
    key: nextKey++,
    allow: rule.allow ?? true,
    who: (rule.who).join(', '),
    networks: (rule.networks ?? []).join(', '),
    methods: (rule.methods ?? []).join(', '),
    paths: (rule.paths ?? []).join(', '),
    expires,
    expired: expires,
    note: rule.note ?? '',
  };
}

const listOf = (text: string) => text.split(/[\s,]+/).filter(Boolean);
// By commas alone: "GE T" is a slip, and would be two methods that nobody uses.
const methodsOf = (text: string) => text.split(',').map((method) => method.trim()).filter(Boolean);

export function ruleOf(draft: RuleDraft): AccessRule {
  const who = listOf(draft.who);
  const networks = listOf(draft.networks);
  const methods = methodsOf(draft.methods).map((method) => method.toUpperCase());
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
const mostNote = 200;

/** Whether a rule has ended. */
export const isPast = ({ expires }: RuleDraft, now = Date.now()) => expires !== '' && new Date(expires).getTime() <= now;

/** What is wrong with a draft, by field; the hub checks again. */
export function problemsOf(draft: RuleDraft, now = Date.now()): Partial<Record<keyof RuleDraft, string>> {
  const problems: Partial<Record<keyof RuleDraft, string>> = {};
  const who = listOf(draft.who);
  const stranger = who.find((one) => !subject.test(one));
  if (who.length === 0) problems.who = 'Say who: owner, project, signed-in, public, group:NAME, user:NAME, basic or token.';
  else if (stranger) problems.who = `“${stranger}” is none of owner, project, signed-in, public, group:NAME, user:NAME, basic, token.`;
  const wrongNetwork = listOf(draft.networks).find((one) => !isNetwork(one));
  if (wrongNetwork) problems.networks = `“${wrongNetwork}” is no address or network such as 10.0.0.5 or 10.0.0.0/8.`;
  const wrongMethod = methodsOf(draft.methods).find((one) => !/^[a-z][a-z\d-]{0,19}$/i.test(one));
  if (wrongMethod) problems.methods = `“${wrongMethod}” is no method; put commas between several.`;
  const wrongPath = listOf(draft.paths).find((one) => !one.startsWith('/'));
  if (wrongPath) problems.paths = `A path begins with a slash: “/${wrongPath}”.`;
  if (isPast(draft, now) && draft.expires !== draft.expired) problems.expires = 'This is over already: the rule would never hold.';
  if (draft.note.trim().length > mostNote) problems.note = `At most ${String(mostNote)} characters; these are ${String(draft.note.trim().length)}.`;
  return problems;
}

/** An address, or one with the length of a prefix. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const isOld = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255);
  if (more.length > 0 || !(isOld || isNew(address))) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isOld ? 32 : 128));
}

// Browsers know best what an address of IPv6 is.
function isNew(address: string): boolean {
  if (!/^[\da-f:.]*:[\da-f:.]*$/i.test(address)) return false;
  try {
    return new URL(`http://[${address}]/`).hostname !== '';
  } catch {
    return false;
  }
}

function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
