import { api, body, ifStill, tagged, type Schemas } from './client';
import { allPages } from './pages';

export type Template = Schemas['ApiTemplate'];
export type TemplateForm = Schemas['TemplateForm'];
export type TemplateField = Schemas['TemplateFormField'];
export type TemplateRemark = Schemas['TemplateRemark'];
export type TemplateTest = Schemas['TemplateTest'];
export type TemplateVersion = Schemas['ApiTemplateVersion'];
export type StartRequest = Schemas['CreateTaskRequest'];

const one = (slug: string) => ({ params: { path: { slug } } });

export const templatesApi = {
  list: () => allPages((cursor) => body(api.GET('/api/v1/templates', { params: { query: { ...(cursor && { cursor }) } } }))),
  find: (slug: string) => tagged(api.GET('/api/v1/templates/{slug}', one(slug))),
  versions: async (slug: string) => (await body(api.GET('/api/v1/templates/{slug}/versions', one(slug)))).items,
  version: (slug: string, version: string) => body(api.GET('/api/v1/templates/{slug}/versions/{version}', { params: { path: { slug, version } } })),
  /** What would come of a start of what is published. */
  test: (slug: string, request: StartRequest) => body(api.POST('/api/v1/templates/{slug}/test', { ...one(slug), body: { draft: false, request } })),
  /** What is wrong with a document, and what would come of a start of it. */
  testDocument: (yaml: string) => body(api.POST('/api/v1/templates/test', { body: { draft: false, yaml } })),
  saveDraft: (slug: string, yaml: string, etag: string | null) => tagged(api.PUT('/api/v1/templates/{slug}/draft', { ...one(slug), body: { yaml }, headers: ifStill(etag) })),
  makeDraft: (slug: string, yaml: string) => tagged(api.PUT('/api/v1/templates/{slug}/draft', { ...one(slug), body: { yaml }, headers: { 'If-None-Match': '*' } })),
  dropDraft: (slug: string, etag: string | null) => body(api.DELETE('/api/v1/templates/{slug}/draft', { ...one(slug), headers: ifStill(etag) })),
  publish: (slug: string, request: Schemas['PublishTemplateRequest'], etag: string | null) =>
    tagged(api.POST('/api/v1/templates/{slug}/publish', { ...one(slug), body: request, headers: ifStill(etag) })),
  remove: (slug: string, etag: string | null) => body(api.DELETE('/api/v1/templates/{slug}', { ...one(slug), headers: ifStill(etag) })),
};
