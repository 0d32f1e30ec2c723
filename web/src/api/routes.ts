import { api, body, ifStill, tagged, type Schemas } from './client';

export type ExternalRoute = Schemas['ExternalRoute'];
export type ProxyKind = 'caddy' | 'traefik' | 'nginx';

const one = (name: string) => ({ params: { path: { name } } });

/** Hosts that other proxies serve. */
export const routesApi = {
  list: async () => (await body(api.GET('/api/v1/external-routes'))).items,
  find: (name: string) => tagged(api.GET('/api/v1/external-routes/{name}', one(name))),
  create: (name: string, route: ExternalRoute) => body(api.PUT('/api/v1/external-routes/{name}', { ...one(name), body: route, headers: { 'If-None-Match': '*' } })),
  change: (name: string, route: ExternalRoute, etag: string | null) => tagged(api.PUT('/api/v1/external-routes/{name}', { ...one(name), body: route, headers: ifStill(etag) })),
  remove: (name: string) => body(api.DELETE('/api/v1/external-routes/{name}', one(name))),
  proxy: (name: string, proxy: ProxyKind, to: string, ask: string) =>
    body(api.GET('/api/v1/external-routes/{name}/proxies/{proxy}', { params: { path: { name, proxy }, query: { to, ...(ask && { ask }) } } })),
};
