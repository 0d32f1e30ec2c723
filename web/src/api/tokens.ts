import { call } from './pending';
import { allPages, type PageOf } from './pages';
import type { components } from './schema';

export type ApiToken = components['schemas']['ApiToken'];

export interface NewToken {
  readonly name: string;
  readonly account?: string;
  readonly expiresInSeconds?: number;
  readonly scopes?: readonly string[];
  readonly isAdmin?: boolean;
}

/** A thing that tokens can be made for. */
export interface PermissionText {
  readonly scope: string;
  readonly description: string;
  readonly takesProject: boolean;
}

export const tokensApi = {
  list: () => allPages((cursor) => call<PageOf<ApiToken>>('GET', '/api/v1/tokens', { query: { cursor } })),
  create: (request: NewToken) => call<ApiToken>('POST', '/api/v1/tokens', { json: request }),
  revoke: (id: string) => call<undefined>('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`),
  permissions: async () => (await call<{ items: PermissionText[] }>('GET', '/api/v1/permissions')).items,
};
