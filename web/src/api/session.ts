import { api, body, type Schemas } from './client';

export type CurrentSession = Schemas['CurrentSession'];
export type SignInSource = Schemas['SignInSource'];
export type SignedOut = Schemas['SignedOut'];
export type BrowserSession = Schemas['BrowserSession'];
export type PlatformRole = NonNullable<Schemas['PlatformRole']>;

export const sessionApi = {
  current: () => body(api.GET('/api/v1/session')),
  waysIn: () => body(api.GET('/api/v1/sign-in')),
  signIn: (source: string, name: string, password: string) => body(api.POST('/api/v1/sign-in', { body: { source, name, password } })),
  signInByToken: (token: string) => body(api.POST('/api/v1/sign-in/token', { body: { token } })),
  invited: (code: string) => body(api.GET('/api/v1/invitations/{id}', { params: { path: { id: code.split('.')[0] ?? '' } } })),
  redeem: (code: string, password: string, displayName: string) =>
    body(api.POST('/api/v1/invitations/redeem', { body: { code, password, ...(displayName && { displayName }) } })),
  /** Answers how to sign out at the provider too, where one vouched for the session and has a way. */
  signOut: async (): Promise<SignedOut | undefined> => {
    const way: SignedOut | undefined = await body(api.DELETE('/api/v1/session'));
    return way?.providerUrl ? way : undefined;
  },
  list: async () => (await body(api.GET('/api/v1/sessions'))).items,
  end: (id: string) => body(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } })),
  endAll: () => body(api.DELETE('/api/v1/sessions')),
};
