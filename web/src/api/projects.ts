import { api, body, ifStill, tagged, type Schemas } from './client';
import { allPages } from './pages';

export type Project = Schemas['ApiProject'];
export type ProjectMember = Omit<Schemas['ApiProjectMember'], 'role'> & { readonly role: ProjectRole };
export type ProjectVisibility = NonNullable<Schemas['ProjectVisibility']>;
export type ProjectRole = NonNullable<Schemas['ProjectRole']>;

export const projectRoles: readonly ProjectRole[] = ['viewer', 'member', 'maintainer', 'owner'];

export const projectsApi = {
  list: (deleted: boolean) => allPages((cursor) => body(api.GET('/api/v1/projects', { params: { query: { deleted, ...(cursor && { cursor }) } } }))),
  find: (name: string) => tagged(api.GET('/api/v1/projects/{name}', { params: { path: { name } } })),
  create: (request: Schemas['CreateProjectRequest']) => body(api.POST('/api/v1/projects', { body: request })),
  change: (name: string, patch: Schemas['ChangeProjectRequest'], etag: string | null) =>
    tagged(api.PATCH('/api/v1/projects/{name}', { params: { path: { name } }, body: patch, headers: ifStill(etag) })),
  remove: (name: string) => body(api.DELETE('/api/v1/projects/{name}', { params: { path: { name } } })),
  restore: (name: string) => body(api.POST('/api/v1/projects/{name}/restore', { params: { path: { name } } })),
  members: async (name: string) => (await body(api.GET('/api/v1/projects/{name}/members', { params: { path: { name } } }))).items as ProjectMember[],
  putMember: (name: string, member: string, role: ProjectRole) =>
    body(api.PUT('/api/v1/projects/{name}/members/{member}', { params: { path: { name, member } }, body: { role } })),
  removeMember: (name: string, member: string) => body(api.DELETE('/api/v1/projects/{name}/members/{member}', { params: { path: { name, member } } })),
};

/** How a member is named in addresses: `account:anna`, `group:ds`. */
export const subjectOf = (member: ProjectMember) => `${member.kind}:${member.name}`;
