import { api, body, ifStill, patiently, tagged, type Schemas } from './client';
import { allPages } from './pages';

export type Tunnel = Schemas['Tunnel'];
export type AccessRule = Schemas['AccessRule'];
export type EmbedGrant = Schemas['EmbedGrantView'];
export type RequestSummary = Schemas['RequestSummary'];
export type InspectedRequest = Schemas['InspectedRequest'];
export type HeaderField = Schemas['HeaderField'];

/** The hub gives an application a minute to answer a request that is sent again. */
const replayMs = 70_000;

const one = (name: string) => ({ params: { path: { name } } });

export const tunnelsApi = {
  list: () => allPages((cursor) => body(api.GET('/api/v1/tunnels', { params: { query: { ...(cursor && { cursor }) } } }))),
  find: (name: string) => tagged(api.GET('/api/v1/tunnels/{name}', one(name))),
  change: (name: string, patch: Schemas['ChangeTunnelRequest'], etag: string | null) =>
    tagged(api.PATCH('/api/v1/tunnels/{name}', { ...one(name), body: patch, headers: ifStill(etag) })),
  remove: (name: string) => body(api.DELETE('/api/v1/tunnels/{name}', one(name))),
  requests: async (name: string) => (await body(api.GET('/api/v1/tunnels/{name}/requests', one(name)))).items,
  request: (name: string, id: string) => body(api.GET('/api/v1/tunnels/{name}/requests/{id}', { params: { path: { name, id } } })),
  replay: (name: string, id: string) => body(api.POST('/api/v1/tunnels/{name}/requests/{id}/replay', { params: { path: { name, id } }, fetch: patiently(replayMs) })),
  embeds: async (name: string) => (await body(api.GET('/api/v1/tunnels/{name}/embeds', one(name)))).items,
  embed: (name: string, request: Schemas['CreateEmbedRequest']) => body(api.POST('/api/v1/tunnels/{name}/embeds', { ...one(name), body: request })),
  endEmbed: (name: string, id: string) => body(api.DELETE('/api/v1/tunnels/{name}/embeds/{id}', { params: { path: { name, id } } })),
  explain: ({ who, host, method, path, address }: { who: string; host: string; method: string; path: string; address: string }) =>
    body(api.GET('/api/v1/access/explain', { params: { query: { host, method, path, ...(who && { who }), ...(address && { address }) } } })),
};
