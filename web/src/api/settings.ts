import { api, body, ifStill, tagged, type Schemas } from './client';

export type AccessSettings = Schemas['AccessSettings'];
export type Check = Schemas['Check'];

export const settingsApi = {
  checks: () => body(api.GET('/api/v1/checks')),
  access: () => tagged(api.GET('/api/v1/settings/access')),
  setAccess: (settings: AccessSettings, etag: string | null) => tagged(api.PUT('/api/v1/settings/access', { body: settings, headers: ifStill(etag) })),
};
