import { call } from './pending';
import type { PageOf } from './pages';

export interface AuditEntry {
  readonly id: number | string;
  readonly at: string;
  readonly actor?: string | null;
  readonly via?: string | null;
  readonly action: string;
  readonly target?: string | null;
  readonly outcome: string;
  readonly address?: string | null;
  readonly detail?: Readonly<Record<string, string>> | null;
}

export interface AuditFilter {
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly outcome?: string;
}

export const auditApi = {
  page: (filter: AuditFilter, cursor: string | undefined) => call<PageOf<AuditEntry>>('GET', '/api/v1/audit', { query: { ...filter, cursor, limit: 200 } }),
  exportUrl: (filter: AuditFilter) => `/api/v1/audit/export?${new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString()}`,
};
