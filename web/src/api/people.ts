import { api, body, ifStill, tagged, type Schemas } from './client';
import { allPages } from './pages';
import type { PlatformRole } from './session';

export type Account = Schemas['UserAccount'];
export type AccountKind = 'person' | 'service';
export type Invitation = Schemas['Invitation'];
export type Group = Schemas['AccountGroup'];
export type GroupMember = Schemas['AccountGroupMember'];

const limit = 200;

export const peopleApi = {
  accounts: (kind: AccountKind, q: string, cursor: string | undefined) => body(api.GET('/api/v1/accounts', { params: { query: { limit, kind, ...(q && { q }), ...(cursor && { cursor }) } } })),
  account: (name: string) => tagged(api.GET('/api/v1/accounts/{name}', { params: { path: { name } } })),
  create: (request: Schemas['CreateAccountRequest']) => body(api.POST('/api/v1/accounts', { body: request })),
  change: (name: string, patch: Schemas['ChangeAccountRequest'], etag: string | null) =>
    tagged(api.PATCH('/api/v1/accounts/{name}', { params: { path: { name } }, body: patch, headers: ifStill(etag) })),
  remove: (name: string) => body(api.DELETE('/api/v1/accounts/{name}', { params: { path: { name } } })),
  invite: (name: string) => body(api.POST('/api/v1/accounts/{name}/invitation', { params: { path: { name } } })),
  setPassword: (name: string, password: string, current: string) =>
    body(api.PUT('/api/v1/accounts/{name}/password', { params: { path: { name } }, body: { password, ...(current && { current }) } })),
  groups: () => allPages((cursor) => body(api.GET('/api/v1/groups', { params: { query: { ...(cursor && { cursor }) } } }))),
  group: (name: string) => tagged(api.GET('/api/v1/groups/{name}', { params: { path: { name } } })),
  putGroup: (name: string, role: PlatformRole | null, etag: string | null = null) =>
    body(api.PUT('/api/v1/groups/{name}', { params: { path: { name } }, body: { ...(role && { role }) }, headers: ifStill(etag) })),
  removeGroup: (name: string) => body(api.DELETE('/api/v1/groups/{name}', { params: { path: { name } } })),
  addMember: (name: string, account: string) => body(api.PUT('/api/v1/groups/{name}/members/{account}', { params: { path: { name, account } } })),
  removeMember: (name: string, account: string) => body(api.DELETE('/api/v1/groups/{name}/members/{account}', { params: { path: { name, account } } })),
};
