import { api, body, ifStill, tagged, type Schemas } from './client';
import { allPages } from './pages';

export type Secret = Schemas['ApiSecret'];

const of = (name: string, project: string | undefined) => ({ params: { path: { name }, query: project === undefined ? {} : { project } } });

/** Passwords and keys for tasks. No answer ever has a value. */
export const secretsApi = {
  /** Those of a project; without one the hub's alone. */
  list: (project = '') => allPages((cursor) => body(api.GET('/api/v1/secrets', { params: { query: { project, ...(cursor && { cursor }) } } }))),
  find: (name: string, project?: string) => tagged(api.GET('/api/v1/secrets/{name}', of(name, project))),
  /** Refused when there is one of this name. */
  create: (name: string, value: string, project?: string) => body(api.PUT('/api/v1/secrets/{name}', { ...of(name, project), body: { value }, headers: ifStill('"0"') })),
  change: (name: string, value: string, etag: string | null, project?: string) => body(api.PUT('/api/v1/secrets/{name}', { ...of(name, project), body: { value }, headers: ifStill(etag) })),
  remove: (name: string, project?: string) => body(api.DELETE('/api/v1/secrets/{name}', of(name, project))),
};
