import { api, body, type Schemas } from './client';
import { allPages } from './pages';

export type Task = Schemas['ApiTask'];
export type TaskState = Schemas['TaskState'];
export type Resources = Schemas['TaskResources'];
export type Usage = Schemas['TaskUsage'];
export type IdleReport = Schemas['TaskIdleReport'];
export type IdleTerms = Schemas['TaskIdleTerms'];
export type LogLine = Schemas['LogLine'];
export type LogPage = Schemas['LogPage'];

const one = (task: string) => ({ params: { path: { task } } });

export const tasksApi = {
  /** What runs, and what could be started again: one's own, or all that one may see. */
  list: (all: boolean) => allPages((cursor) => body(api.GET('/api/v1/tasks', { params: { query: { all, ...(cursor && { cursor }) } } }))),
  /** A page of all there ever were, the newest first. */
  history: (all: boolean, cursor: string | undefined) => body(api.GET('/api/v1/tasks', { params: { query: { all, ended: true, ...(cursor && { cursor }) } } })),
  find: (task: string) => body(api.GET('/api/v1/tasks/{task}', one(task))),
  /** Starts one; a request that is repeated with the same key starts no second. */
  start: (request: Schemas['CreateTaskRequest'], key: string) => body(api.POST('/api/v1/tasks', { body: request, headers: { 'Idempotency-Key': key } })),
  stop: (task: string) => body(api.POST('/api/v1/tasks/{task}/stop', one(task))),
  restart: (task: string) => body(api.POST('/api/v1/tasks/{task}/restart', one(task))),
  /** Keeps what is in its workspace now. */
  snapshot: (task: string, message: string) => body(api.POST('/api/v1/tasks/{task}/snapshots', { ...one(task), body: { ...(message && { message }) } })),
  remove: (task: string) => body(api.DELETE('/api/v1/tasks/{task}', one(task))),
  /** Why it is kept, or not. */
  idle: (task: string) => body(api.GET('/api/v1/tasks/{task}/idle', one(task))),
  /** Keeps it for so many seconds from now, used or not; 0 takes that back. */
  extend: (task: string, seconds: number) => body(api.POST('/api/v1/tasks/{task}/extend', { ...one(task), body: { seconds } })),
  /** Lines from a number on; without one, the last. */
  logs: (task: string, { from, limit, search }: { readonly from?: number; readonly limit: number; readonly search?: string }) =>
    body(api.GET('/api/v1/tasks/{task}/logs', { params: { path: { task }, query: { limit, ...(from !== undefined && { from }), ...(search && { search }) } } })),
  /** Where what follows on a line is told. */
  followUrl: (task: string, from: number) => `/api/v1/tasks/${encodeURIComponent(task)}/logs/follow?from=${String(from)}`,
};
