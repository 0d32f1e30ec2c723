import { api, body, type Schemas } from './client';
import { allPages } from './pages';

export type ApiToken = Schemas['ApiToken'];

export const tokensApi = {
  /** Those of an account; without one, all that the caller may see. */
  list: (account?: string) => allPages((cursor) => body(api.GET('/api/v1/tokens', { params: { query: { ...(account && { account }), ...(cursor && { cursor }) } } }))),
  create: (request: Schemas['CreateTokenRequest']) => body(api.POST('/api/v1/tokens', { body: request })),
  revoke: (id: string) => body(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),
  permissions: async () => (await body(api.GET('/api/v1/permissions'))).items,
};
