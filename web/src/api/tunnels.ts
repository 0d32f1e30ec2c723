import { api, body, tagged, type Schemas, type Tagged } from './client';
import { allPages } from './pages';
import { call, callTagged } from './pending';

export interface AccessRule {
  readonly allow?: boolean;
  readonly who: readonly string[];
  readonly networks?: readonly string[] | null;
  readonly methods?: readonly string[] | null;
  readonly paths?: readonly string[] | null;
  readonly expires?: string | null;
  readonly note?: string | null;
}

export type Tunnel = Omit<Schemas['Tunnel'], 'access'> & {
  readonly access: string;
  readonly rules?: readonly AccessRule[] | null;
};
export type RequestSummary = Schemas['RequestSummary'];
export type InspectedRequest = Schemas['InspectedRequest'];
export type HeaderField = Schemas['HeaderField'];

export interface TunnelPatch {
  readonly access?: string;
  readonly rules?: readonly AccessRule[];
  readonly keep?: boolean;
}

export interface Explanation {
  readonly allowed: boolean;
  readonly reason: string;
  readonly rule?: string | null;
  readonly steps: readonly { readonly rule: string; readonly decides: boolean; readonly why: string }[];
}

const one = (name: string) => ({ params: { path: { name } } });

export const tunnelsApi = {
  list: (): Promise<Tunnel[]> => allPages<Tunnel>((cursor) => body(api.GET('/api/v1/tunnels', { params: { query: { ...(cursor && { cursor }) } } }))),
  find: (name: string): Promise<Tagged<Tunnel>> => tagged(api.GET('/api/v1/tunnels/{name}', one(name))),
  change: (name: string, patch: TunnelPatch, etag: string | null): Promise<Tagged<Tunnel>> =>
    callTagged<Tunnel>('PATCH', `/api/v1/tunnels/${encodeURIComponent(name)}`, { json: patch, etag }),
  remove: (name: string) => body(api.DELETE('/api/v1/tunnels/{name}', one(name))),
  requests: async (name: string) => (await body(api.GET('/api/v1/tunnels/{name}/requests', one(name)))).items,
  request: (name: string, id: string) => body(api.GET('/api/v1/tunnels/{name}/requests/{id}', { params: { path: { name, id } } })),
  replay: (name: string, id: string) => body(api.POST('/api/v1/tunnels/{name}/requests/{id}/replay', { params: { path: { name, id } } })),
  explain: (query: { who: string; host: string; method?: string; path?: string; address?: string }) => call<Explanation>('GET', '/api/v1/access/explain', { query }),
};
