import type { Tagged } from './client';
import { callTagged } from './pending';

export interface AccessSettings {
  readonly maxAccess: string;
  readonly embedAllowed?: boolean;
}

export const settingsApi = {
  access: () => callTagged<AccessSettings>('GET', '/api/v1/settings/access'),
  setAccess: (settings: AccessSettings, etag: string | null): Promise<Tagged<AccessSettings>> => callTagged<AccessSettings>('PUT', '/api/v1/settings/access', { json: settings, etag }),
};
