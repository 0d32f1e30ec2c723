import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, type ReactNode } from 'react';
import { proveBy, whenOtherSession, whenSignedOut } from '../api/client';
import { Problem } from '../api/problem';
import { sessionApi, type CurrentSession, type SignedOut } from '../api/session';
import { clearToasts, toast } from '../design/toasts';

const SessionContext = createContext<CurrentSession | null>(null);

export const sessionKey = ['session'];

// Whether it was on purpose that nobody is signed in any more: then whoever comes next begins at home, not where this one was.
const leftKey = ['left'];

// What one window of this browser does concerns all: they have one cookie.
type Word = 'came' | 'left';
const windows = new BroadcastChannel('adit.session');
const tellOthers = (word: Word) => windows.postMessage(word);

/** What is known was asked as somebody else. */
function forget(queries: QueryClient): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
}

async function currentSession(queries: QueryClient): Promise<CurrentSession | null> {
  const known = queries.getQueryData<CurrentSession | null>(sessionKey);
  const session = await sessionApi.current().catch((failure: unknown) => {
    if (failure instanceof Problem && failure.status === 401) return null;
    throw failure;
  });
  proveBy(session?.csrf);
  if (session) queries.removeQueries({ queryKey: leftKey });
  if (known && session?.account !== known.account) forget(queries);
  return session;
}

/** Who is signed in: null for nobody. */
export function useSessionQuery() {
  const queries = useQueryClient();
  const query = useQuery({ queryKey: sessionKey, queryFn: () => currentSession(queries), staleTime: 60_000, refetchOnWindowFocus: 'always' });
  useEffect(() => {
    // Signed out elsewhere, or for too long away: everything known so far is forgotten, and the page asks to sign in.
    whenSignedOut(() => {
      if (!queries.getQueryData(sessionKey)) return;
      forget(queries);
      queries.setQueryData(sessionKey, null);
    });
    whenOtherSession(async () => {
      const known = queries.getQueryData<CurrentSession | null>(sessionKey);
      const session = await queries.fetchQuery({ queryKey: sessionKey, queryFn: () => currentSession(queries), staleTime: 0 });
      const isSame = session !== null && session.account === known?.account;
      if (!isSame && session) toast(`You are signed in as ${session.account} by now, in another window: nothing was changed.`, 'danger');
      return isSame;
    });
    const hear = ({ data }: MessageEvent<Word>) => {
      if (data === 'left') queries.setQueryData(leftKey, true);
      void queries.invalidateQueries({ queryKey: sessionKey });
    };
    windows.addEventListener('message', hear);
    return () => windows.removeEventListener('message', hear);
  }, [queries]);
  return query;
}

/** The sign-in page: that leads back to where somebody was, unless they left. */
export function useWayToSignIn(): string {
  const queries = useQueryClient();
  return queries.getQueryData(leftKey) ? '/sign-in' : `/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`;
}

/** After signing in or out: what was known before is of somebody else. */
export function useBecome() {
  const queries = useQueryClient();
  return (session: CurrentSession | null) => {
    proveBy(session?.csrf);
    clearToasts();
    forget(queries);
    queries.setQueryData(sessionKey, session);
    if (!session) queries.setQueryData(leftKey, true);
    tellOthers(session ? 'came' : 'left');
  };
}

// Not in the address: it says who somebody was. It is known until the page is left or somebody signs in.
const signedOutKey = ['signed-out'];

/** Signs out. Where the provider is to be left too, the browser goes on there. */
export function useSignOut() {
  const become = useBecome();
  const queries = useQueryClient();
  return async () => {
    const way = await sessionApi.signOut();
    if (way?.follow) {
      tellOthers('left');
      location.assign(way.providerUrl);
      return;
    }
    become(null);
    if (way) queries.setQueryData(signedOutKey, way);
  };
}

/** How to leave the provider too, after signing out here. */
export function useSignedOut(): SignedOut | undefined {
  return useQuery<SignedOut | undefined>({ queryKey: signedOutKey, enabled: false, gcTime: Number.POSITIVE_INFINITY }).data;
}

export function SessionOf({ session, children }: { readonly session: CurrentSession; readonly children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** Who is signed in, on pages that are only for those who are. */
export function useSession(): CurrentSession {
  const session = useContext(SessionContext);
  if (!session) throw new Error('Only pages behind the sign-in ask who is signed in.');
  return session;
}

export const nameOf = (session: CurrentSession) => session.displayName ?? session.account;
