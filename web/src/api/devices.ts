import { api, body, type Schemas } from './client';

export type DeviceRequest = Schemas['DeviceRequest'];

export const deviceApi = {
  find: (userCode: string) => body(api.GET('/api/v1/device/{userCode}', { params: { path: { userCode } } })),
  decide: (userCode: string, request: Schemas['DecideDeviceRequest']) => body(api.POST('/api/v1/device/{userCode}', { params: { path: { userCode } }, body: request })),
};
