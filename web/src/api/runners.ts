import { api, body, type Schemas } from './client';

export type Runner = Schemas['ApiRunner'];
export type Taint = Schemas['Taint'];

const one = (name: string) => ({ params: { path: { name } } });

export const runnersApi = {
  list: async () => (await body(api.GET('/api/v1/runners'))).items,
  find: (name: string) => body(api.GET('/api/v1/runners/{name}', one(name))),
  change: (name: string, patch: Schemas['ChangeRunnerRequest']) => body(api.PATCH('/api/v1/runners/{name}', { ...one(name), body: patch })),
  remove: (name: string) => body(api.DELETE('/api/v1/runners/{name}', one(name))),
};
