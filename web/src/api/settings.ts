import type { Tagged } from './client';
import { call, callTagged } from './pending';

export interface AccessSettings {
  readonly maxAccess: string;
  readonly embedAllowed?: boolean;
}

export interface DeviceRequest {
  readonly clientName?: string | null;
  readonly userCode?: string;
  readonly created?: string | null;
  readonly expires?: string | null;
  readonly address?: string | null;
}

export const settingsApi = {
  access: () => callTagged<AccessSettings>('GET', '/api/v1/settings/access'),
  setAccess: (settings: AccessSettings, etag: string | null): Promise<Tagged<AccessSettings>> => callTagged<AccessSettings>('PUT', '/api/v1/settings/access', { json: settings, etag }),
};

export const deviceApi = {
  find: (userCode: string) => call<DeviceRequest>('GET', `/api/v1/device/${encodeURIComponent(userCode)}`),
  decide: (userCode: string, approve: boolean) => call<undefined>('POST', `/api/v1/device/${encodeURIComponent(userCode)}`, { json: { approve } }),
};
