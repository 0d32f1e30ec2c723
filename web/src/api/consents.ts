import { api, body, type Schemas } from './client';

export type Consent = Schemas['Consent'];

export const consentsApi = {
  list: async () => (await body(api.GET('/api/v1/consents'))).items,
  remove: (route: string) => body(api.DELETE('/api/v1/consents/{route}', { params: { path: { route } } })),
};
