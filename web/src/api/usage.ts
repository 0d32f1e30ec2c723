import { api, body, ifStill, tagged, type Schemas } from './client';
import { allPages } from './pages';

export type Quota = Schemas['ApiQuota'];
export type QuotaKind = Schemas['QuotaKind'];
export type QuotaLimits = Schemas['SetQuotaRequest'];
export type UsageReport = Schemas['UsageReport'];
export type UsageLine = Schemas['UsageLine'];
export type UsageAttempt = Schemas['UsageAttempt'];
export type UsageCost = Schemas['UsageCost'];

/** What of the usage is asked for, as the address of the API has it. */
export type UsageFilter = Readonly<Partial<Record<'by' | 'from' | 'to' | 'user' | 'project', string>>>;

const of = (kind: QuotaKind, name: string) => ({ params: { path: { kind, name } } });

export const usageApi = {
  report: (filter: UsageFilter) => body(api.GET('/api/v1/usage', { params: { query: filter } })),
  /** Attempts of tasks, the newest first. */
  attempts: (filter: UsageFilter, cursor: string | undefined) => body(api.GET('/api/v1/usage', { params: { query: { ...filter, by: 'task', limit: 200, ...(cursor && { cursor }) } } })),
  /** Where the same is a table for spreadsheets. */
  tableUrl: (filter: UsageFilter) => `/api/v1/usage?${new URLSearchParams({ ...filter, format: 'csv' }).toString()}`,
};

export const quotasApi = {
  /** All that are set, or what holds for oneself. */
  list: (mine: boolean) => allPages((cursor) => body(api.GET('/api/v1/quotas', { params: { query: { mine, ...(cursor && { cursor }) } } }))),
  find: (kind: QuotaKind, name: string) => tagged(api.GET('/api/v1/quotas/{kind}/{name}', of(kind, name))),
  set: (kind: QuotaKind, name: string, limits: QuotaLimits, etag: string | null) => body(api.PUT('/api/v1/quotas/{kind}/{name}', { ...of(kind, name), body: limits, headers: ifStill(etag) })),
  remove: (kind: QuotaKind, name: string) => body(api.DELETE('/api/v1/quotas/{kind}/{name}', of(kind, name))),
};
