import { call } from './pending';

export type PlatformRole = 'user' | 'auditor' | 'admin';

export interface CurrentSession {
  readonly id?: string;
  readonly account: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly role: PlatformRole;
  readonly groups: readonly string[];
  readonly source: string;
  readonly csrf?: string;
  readonly expires?: string;
  readonly mustSetPassword?: boolean;
}

export interface SignInSource {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  readonly start?: string;
}

export interface BrowserSession {
  readonly id: string;
  readonly account: string;
  readonly source: string;
  readonly created: string;
  readonly lastSeen: string;
  readonly expires: string;
  readonly userAgent?: string;
  readonly address?: string;
  readonly current?: boolean;
}

export const sessionApi = {
  current: () => call<CurrentSession>('GET', '/api/v1/session'),
  sources: async () => (await call<{ sources: SignInSource[] }>('GET', '/api/v1/sign-in')).sources,
  signIn: (source: string, name: string, password: string) => call<CurrentSession>('POST', '/api/v1/sign-in', { json: { source, name, password } }),
  signInByToken: (token: string) => call<CurrentSession>('POST', '/api/v1/sign-in/token', { json: { token } }),
  redeem: (code: string, password: string, displayName: string) =>
    call<CurrentSession>('POST', '/api/v1/invitations/redeem', { json: { code, password, displayName: displayName || undefined } }),
  signOut: () => call<undefined>('DELETE', '/api/v1/session'),
  list: async () => (await call<{ items: BrowserSession[] }>('GET', '/api/v1/sessions')).items,
  end: (id: string) => call<undefined>('DELETE', `/api/v1/sessions/${encodeURIComponent(id)}`),
  endAll: () => call<undefined>('DELETE', '/api/v1/sessions'),
};
