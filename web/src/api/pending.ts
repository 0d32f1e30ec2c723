import { ask, type Tagged } from './client';

interface Options {
  readonly json?: unknown;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly etag?: string | null;
}

/** A request to the API by method and path. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  return (await callTagged<T>(method, path, options)).value;
}

export async function callTagged<T>(method: string, path: string, { json, query, etag }: Options = {}): Promise<Tagged<T>> {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  }
  const headers = new Headers({ Accept: 'application/json' });
  if (json !== undefined) headers.set('Content-Type', 'application/json');
  if (etag) headers.set('If-Match', etag);
  const response = await ask(new Request(url, { method, headers, ...(json !== undefined && { body: JSON.stringify(json) }) }));
  const text = await response.text();
  return { value: (text === '' ? undefined : JSON.parse(text)) as T, etag: response.headers.get('ETag') };
}
