import createClient from 'openapi-fetch';
import { Problem } from './problem';
import type { components, paths } from './schema';

/** The things of the API, by the names that the hub has for them. */
export type Schemas = components['schemas'];

/** An answer with its validator, for a later change of the same thing. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string | null;
}

const patienceMs = 10_000;
const csrfHeader = 'X-Adit-Csrf';

let csrf: string | undefined;
let onSignedOut: (() => void) | undefined;
let onOtherSession: (() => Promise<boolean>) | undefined;

/** The proof that a request comes from this page; the session says it. */
export function proveBy(value: string | null | undefined): void {
  csrf = value ?? undefined;
}

/** What to do when the hub says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/**
 * What to do when the proof is of another session than the cookie: somebody signed in anew in another window. Says whether the request may be
 * sent again with the proof that is known then, which is so when it is the same person.
 */
export function whenOtherSession(listener: () => Promise<boolean>): void {
  onOtherSession = listener;
}

/** Every request of the interface passes here: it has an end, says that it is ours, and fails as a Problem. */
export async function ask(request: Request, waitMs = patienceMs): Promise<Response> {
  if (request.method === 'GET') return send(request, waitMs);
  const again = request.clone();
  try {
    return await send(request, waitMs);
  } catch (failure) {
    // Refused for its proof, it has done nothing yet.
    if (!(failure instanceof Problem) || failure.status !== 403 || failure.code !== 'csrf' || isSignIn(request) || !onOtherSession) throw failure;
    if (!(await onOtherSession())) throw new Problem(403, 'other-session', 'Somebody else is signed in in this browser by now: nothing was changed.');
    return send(again, waitMs);
  }
}

// Comes without a session, and is refused for other reasons.
const isSignIn = (request: Request) => /^\/api\/v1\/(?:sign-in|invitations)\b/.test(new URL(request.url).pathname);

async function send(request: Request, waitMs: number): Promise<Response> {
  if (csrf !== undefined && request.method !== 'GET') request.headers.set(csrfHeader, csrf);
  let response: Response;
  try {
    response = await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(waitMs)]) });
  } catch (failure) {
    if (request.signal.aborted) throw failure;
    throw Problem.ofFailure(failure);
  }
  if (response.ok) return response;
  const problem = await Problem.of(response);
  if (problem.status === 401 && !isSignIn(request)) onSignedOut?.();
  throw problem;
}

/** The same for what is known to take long: so many milliseconds. */
export const patiently = (waitMs: number) => (request: Request) => ask(request, waitMs);

/** The hub's API, as its OpenAPI document describes it: a path or field that changes there no longer compiles here. */
export const api = createClient<paths>({ baseUrl: '', fetch: (request) => ask(request) });

interface Answer<T> {
  readonly data?: T;
  readonly response: Response;
}

/** The body of an answer; what was no success has been thrown before. */
export async function body<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data } = await answer;
  return data as T;
}

/** The body of an answer, and its validator. */
export async function tagged<T>(answer: Promise<Answer<T>>): Promise<Tagged<T>> {
  const { data, response } = await answer;
  return { value: data as T, etag: response.headers.get('ETag') };
}

/** The headers of a change that is to hold only for the state that was seen. */
export const ifStill = (etag: string | null): Record<string, string> => (etag ? { 'If-Match': etag } : {});
