import { api, body, type Schemas } from './client';
import type { paths } from './schema';

export type AuditEntry = Schemas['AuditRecord'];
export type AuditFilter = NonNullable<paths['/api/v1/audit/export']['get']['parameters']['query']>;

const limit = 200;

export const auditApi = {
  page: (filter: AuditFilter, cursor: string | undefined) => body(api.GET('/api/v1/audit', { params: { query: { ...filter, limit, ...(cursor && { cursor }) } } })),
  exportUrl: (filter: AuditFilter) => `/api/v1/audit/export?${new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString()}`,
};
