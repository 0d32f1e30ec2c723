import { call, callTagged, type Tagged } from './pending';
import { allPages, type PageOf } from './pages';

export type ProjectRole = 'viewer' | 'member' | 'maintainer' | 'owner';

export const projectRoles: readonly ProjectRole[] = ['viewer', 'member', 'maintainer', 'owner'];

export interface Project {
  readonly name: string;
  readonly title?: string | null;
  readonly description?: string | null;
  readonly visibility: string;
  readonly role?: ProjectRole | null;
  readonly created: string;
  readonly deleted?: string | null;
  readonly ends?: string | null;
  readonly members?: number;
}

export interface ProjectMember {
  readonly kind: 'account' | 'group';
  readonly name: string;
  readonly role: ProjectRole;
}

const path = (name: string) => `/api/v1/projects/${encodeURIComponent(name)}`;

export const projectsApi = {
  list: (deleted: boolean) => allPages((cursor) => call<PageOf<Project>>('GET', '/api/v1/projects', { query: { cursor, deleted: deleted || undefined } })),
  find: (name: string) => callTagged<Project>('GET', path(name)),
  create: (request: { name: string; title?: string; description?: string; visibility?: string }) => call<Project>('POST', '/api/v1/projects', { json: request }),
  change: (name: string, patch: { title?: string; description?: string; visibility?: string }, etag: string | null): Promise<Tagged<Project>> =>
    callTagged<Project>('PATCH', path(name), { json: patch, etag }),
  remove: (name: string) => call<undefined>('DELETE', path(name)),
  restore: (name: string) => call<undefined>('POST', `${path(name)}/restore`),
  members: async (name: string) => (await call<PageOf<ProjectMember>>('GET', `${path(name)}/members`)).items,
  putMember: (name: string, subject: string, role: ProjectRole) => call<undefined>('PUT', `${path(name)}/members/${encodeURIComponent(subject)}`, { json: { role } }),
  removeMember: (name: string, subject: string) => call<undefined>('DELETE', `${path(name)}/members/${encodeURIComponent(subject)}`),
};

/** How a member is named in addresses: `account:anna`, `group:ds`. */
export const subjectOf = (member: ProjectMember) => `${member.kind}:${member.name}`;
