import createClient, { type Middleware } from 'openapi-fetch';
import { Problem } from './problem';
import type { paths } from './schema';

const patienceMs = 10_000;
const csrfHeader = 'X-Adit-Csrf';

let csrf: string | undefined;
let onSignedOut: (() => void) | undefined;

/** The proof that a request comes from this page; the session says it. */
export function proveBy(value: string | undefined): void {
  csrf = value;
}

/** What to do when the hub says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Every request of the interface passes here: it has an end, says that it is ours, and fails as a Problem. */
export async function ask(request: Request): Promise<Response> {
  if (csrf !== undefined && request.method !== 'GET') request.headers.set(csrfHeader, csrf);
  let response: Response;
  try {
    response = await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(patienceMs)]) });
  } catch (failure) {
    if (request.signal.aborted) throw failure;
    throw Problem.ofFailure(failure);
  }
  if (response.ok) return response;
  const problem = await Problem.of(response);
  if (problem.status === 401 && !new URL(request.url).pathname.startsWith('/api/v1/sign-in')) onSignedOut?.();
  throw problem;
}

const failing: Middleware = { onRequest: ({ request }) => ask(request) };

/** The hub's API, as its OpenAPI document describes it: a path or field that changes there no longer compiles here. */
export const api = createClient<paths>({ baseUrl: '' });
api.use(failing);

/** The body of an answer; failures have been thrown before. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
