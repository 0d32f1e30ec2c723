import { api, body, type Schemas } from './client';
import type { ProjectRole } from './projects';

export type ServiceAccount = Omit<Schemas['ServiceAccount'], 'role'> & { readonly role?: ProjectRole | null };

/** The accounts of programs that work for a project. */
export const servicesApi = {
  list: async (project: string) => (await body(api.GET('/api/v1/projects/{name}/service-accounts', { params: { path: { name: project } } }))).items as ServiceAccount[],
  create: (project: string, name: string, role: ProjectRole) =>
    body(api.POST('/api/v1/projects/{name}/service-accounts', { params: { path: { name: project } }, body: { name, role } })),
  setState: (project: string, account: string, state: 'active' | 'disabled') =>
    body(api.PATCH('/api/v1/projects/{name}/service-accounts/{account}', { params: { path: { name: project, account } }, body: { state } })),
  remove: (project: string, account: string) => body(api.DELETE('/api/v1/projects/{name}/service-accounts/{account}', { params: { path: { name: project, account } } })),
};
