import { call, callTagged, type Tagged } from './pending';
import type { PageOf } from './pages';
import type { PlatformRole } from './session';

export interface Account {
  readonly name: string;
  readonly kind: string;
  readonly role: PlatformRole;
  readonly effectiveRole?: PlatformRole;
  readonly displayName?: string | null;
  readonly email?: string | null;
  readonly source: string;
  readonly state: string;
  readonly groups?: readonly string[];
  readonly created: string;
  readonly lastSignIn?: string | null;
}

export interface Invitation {
  readonly url: string;
  readonly expires: string;
}

export interface Group {
  readonly name: string;
  readonly role?: PlatformRole | null;
  readonly size?: number;
  readonly members?: readonly { readonly account: string; readonly source?: string }[];
  readonly created?: string;
}

export interface NewAccount {
  readonly name: string;
  readonly email?: string;
  readonly displayName?: string;
  readonly role?: PlatformRole;
  readonly kind?: string;
}

export interface AccountPatch {
  readonly role?: PlatformRole;
  readonly displayName?: string;
  readonly email?: string;
  readonly state?: string;
}

const account = (name: string) => `/api/v1/accounts/${encodeURIComponent(name)}`;
const group = (name: string) => `/api/v1/groups/${encodeURIComponent(name)}`;

export const peopleApi = {
  accounts: (q: string, cursor: string | undefined) => call<PageOf<Account>>('GET', '/api/v1/accounts', { query: { q, cursor, limit: 200 } }),
  account: (name: string) => callTagged<Account>('GET', account(name)),
  create: (request: NewAccount) => call<{ account: Account; invitation?: Invitation }>('POST', '/api/v1/accounts', { json: request }),
  change: (name: string, patch: AccountPatch, etag: string | null): Promise<Tagged<Account>> => callTagged<Account>('PATCH', account(name), { json: patch, etag }),
  remove: (name: string) => call<undefined>('DELETE', account(name)),
  invite: (name: string) => call<Invitation>('POST', `${account(name)}/invitation`),
  setPassword: (name: string, password: string, current: string | undefined) => call<undefined>('PUT', `${account(name)}/password`, { json: { current, password } }),
  groups: async () => (await call<PageOf<Group>>('GET', '/api/v1/groups')).items,
  group: (name: string) => callTagged<Group>('GET', group(name)),
  putGroup: (name: string, role: PlatformRole | null, etag: string | null = null) => call<Group>('PUT', group(name), { json: { role }, etag }),
  removeGroup: (name: string) => call<undefined>('DELETE', group(name)),
  addMember: (name: string, member: string) => call<undefined>('PUT', `${group(name)}/members/${encodeURIComponent(member)}`),
  removeMember: (name: string, member: string) => call<undefined>('DELETE', `${group(name)}/members/${encodeURIComponent(member)}`),
};
