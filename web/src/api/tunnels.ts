import { call, callTagged, type Tagged } from './pending';
import { allPages, type PageOf } from './pages';
import type { components } from './schema';

type Schemas = components['schemas'];

export interface AccessRule {
  readonly allow: boolean;
  readonly who?: readonly string[];
  readonly networks?: readonly string[];
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
  readonly expires?: string | null;
  readonly note?: string | null;
}

export type Tunnel = Omit<Schemas['Tunnel'], 'access'> & {
  readonly access: string;
  readonly project?: string | null;
  readonly rules?: readonly AccessRule[] | null;
};
export type TunnelServer = Schemas['TunnelServer'];
export type RequestSummary = Schemas['RequestSummary'];
export type InspectedRequest = Schemas['InspectedRequest'];
export type HeaderField = Schemas['HeaderField'];
export type SignInLink = Schemas['SignInLink'];

export interface TunnelPatch {
  readonly access?: string;
  readonly rules?: readonly AccessRule[];
  readonly keep?: boolean;
  readonly project?: string | null;
}

export interface Explanation {
  readonly allowed: boolean;
  readonly reason: string;
  readonly rule?: string | number | null;
  readonly steps?: readonly string[];
}

const path = (name: string) => `/api/v1/tunnels/${encodeURIComponent(name)}`;

export const tunnelsApi = {
  list: () => allPages((cursor) => call<PageOf<Tunnel>>('GET', '/api/v1/tunnels', { query: { cursor } })),
  find: (name: string) => callTagged<Tunnel>('GET', path(name)),
  change: (name: string, patch: TunnelPatch, etag: string | null): Promise<Tagged<Tunnel>> => callTagged<Tunnel>('PATCH', path(name), { json: patch, etag }),
  remove: (name: string) => call<undefined>('DELETE', path(name)),
  detach: (name: string, link: string) => call<undefined>('DELETE', `${path(name)}/servers/${encodeURIComponent(link)}`),
  signInLink: (name: string) => call<SignInLink>('POST', `${path(name)}/sign-in-link`),
  requests: async (name: string) => (await call<{ items: RequestSummary[] }>('GET', `${path(name)}/requests`)).items,
  request: (name: string, id: string) => call<InspectedRequest>('GET', `${path(name)}/requests/${encodeURIComponent(id)}`),
  replay: (name: string, id: string) => call<InspectedRequest>('POST', `${path(name)}/requests/${encodeURIComponent(id)}/replay`),
  explain: (query: { who: string; host: string; method?: string; path?: string; address?: string }) =>
    call<Explanation>('GET', '/api/v1/access/explain', { query }),
};
