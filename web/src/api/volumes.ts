import { api, ask, body, patiently, type Schemas } from './client';
import { allPages } from './pages';
import { Problem } from './problem';

export type Volume = Schemas['ApiVolume'];
export type VolumeKind = NonNullable<Schemas['VolumeKind']>;
export type VolumeRef = Schemas['VolumeRef'];
export type Snapshot = Schemas['ApiSnapshot'];
export type SnapshotDiff = Schemas['SnapshotDiff'];
export type PathChange = Schemas['PathChange'];
export type FileEntry = Schemas['FileEntry'];
export type FileList = Schemas['FileList'];
export type ProjectStorage = Schemas['ProjectStorage'];

/** A volume by its names. */
export interface VolumeName {
  readonly project: string;
  readonly volume: string;
}

/** Bytes of a file; or none of them, when they are more than was asked for. */
export type Content = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly isTooLarge: true };

// Of large trees a comparison reads much.
const longMs = 60_000;
const some = <T extends Record<string, string | number | undefined>>(query: T) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== '')) as Partial<T>;

export const volumesApi = {
  list: (project?: string) => allPages((cursor) => body(api.GET('/api/v1/volumes', { params: { query: some({ project, cursor }) as { project?: string; cursor?: string } } }))),
  find: ({ project, volume }: VolumeName) => body(api.GET('/api/v1/volumes/{project}/{volume}', { params: { path: { project, volume } } })),
  create: (request: Schemas['CreateVolumeRequest']) => body(api.POST('/api/v1/volumes', { body: request })),
  describe: ({ project, volume }: VolumeName, description: string) => body(api.PATCH('/api/v1/volumes/{project}/{volume}', { params: { path: { project, volume } }, body: { description } })),
  remove: ({ project, volume }: VolumeName) => body(api.DELETE('/api/v1/volumes/{project}/{volume}', { params: { path: { project, volume } } })),
  setTag: ({ project, volume }: VolumeName, tag: string, snapshot: string) =>
    body(api.PUT('/api/v1/volumes/{project}/{volume}/tags/{tag}', { params: { path: { project, volume, tag } }, body: { snapshot } })),
  removeTag: ({ project, volume }: VolumeName, tag: string) => body(api.DELETE('/api/v1/volumes/{project}/{volume}/tags/{tag}', { params: { path: { project, volume, tag } } })),
  /** A page of its snapshots, the newest first. */
  snapshots: ({ project, volume }: VolumeName, cursor?: string, from?: string) =>
    body(api.GET('/api/v1/volumes/{project}/{volume}/snapshots', { params: { path: { project, volume }, query: some({ cursor, from }) as { cursor?: string; from?: string } } })),
  /** One of them, by its id, the beginning of one, a branch or a tag. */
  snapshot: ({ project, volume }: VolumeName, snapshot: string) =>
    body(api.GET('/api/v1/volumes/{project}/{volume}/snapshots/{snapshot}', { params: { path: { project, volume, snapshot } } })),
  diff: ({ project, volume }: VolumeName, from: string, to: string) =>
    body(api.GET('/api/v1/volumes/{project}/{volume}/diff', { params: { path: { project, volume }, query: { from, to } }, fetch: patiently(longMs) })),
  /** A page of a directory. */
  files: ({ project, volume }: VolumeName, query: { readonly at?: string | undefined; readonly path?: string | undefined; readonly cursor?: string | undefined; readonly limit?: number | undefined }) =>
    body(api.GET('/api/v1/volumes/{project}/{volume}/files', { params: { path: { project, volume }, query: some(query) as { at?: string; path?: string; cursor?: string; limit?: number } } })),
  contentUrl: ({ project, volume }: VolumeName, at: string, path: string) =>
    `/api/v1/volumes/${encodeURIComponent(project)}/${encodeURIComponent(volume)}/content?${new URLSearchParams({ at, path }).toString()}`,
  content: (of: VolumeName, at: string, path: string, most: number, signal: AbortSignal) => read(volumesApi.contentUrl(of, at, path), most, signal),
  storage: async () => (await body(api.GET('/api/v1/store'))).projects,
};

/** Reads no more than it may, whatever the answer says of its length. */
async function read(url: string, most: number, signal: AbortSignal): Promise<Content> {
  const answer = await ask(new Request(url, { signal }), longMs);
  const reader = answer.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (reader) {
    const { done, value } = await reader.read().catch((failure: unknown) => {
      // Cut on its way: it is asked for again as a whole.
      throw signal.aborted ? failure : Problem.ofFailure(failure);
    });
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      return { isTooLarge: true };
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes };
}
