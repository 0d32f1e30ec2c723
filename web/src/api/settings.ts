import { api, ifStill, tagged, type Schemas } from './client';

export type AccessSettings = Schemas['AccessSettings'];

export const settingsApi = {
  access: () => tagged(api.GET('/api/v1/settings/access')),
  setAccess: (settings: AccessSettings, etag: string | null) => tagged(api.PUT('/api/v1/settings/access', { body: settings, headers: ifStill(etag) })),
};
