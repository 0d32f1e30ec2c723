import { api, body, type Schemas } from './client';
import { allPages } from './pages';

export type Secret = Schemas['ApiSecret'];

const of = (name: string, project: string | undefined) => ({ params: { path: { name }, query: project === undefined ? {} : { project } } });

/** Passwords and keys for workloads. No answer ever has a value. */
export const secretsApi = {
  /** Those of a project; without one all that may be seen. */
  list: (project?: string) => allPages((cursor) => body(api.GET('/api/v1/secrets', { params: { query: { ...(project !== undefined && { project }), ...(cursor && { cursor }) } } }))),
  set: (name: string, value: string, project?: string) => body(api.PUT('/api/v1/secrets/{name}', { ...of(name, project), body: { value } })),
  remove: (name: string, project?: string) => body(api.DELETE('/api/v1/secrets/{name}', of(name, project))),
};
