import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, type ReactNode } from 'react';
import { proveBy, whenSignedOut } from '../api/client';
import { Problem } from '../api/problem';
import { sessionApi, type CurrentSession, type SignedOut } from '../api/session';

const SessionContext = createContext<CurrentSession | null>(null);

export const sessionKey = ['session'];

/** Who is signed in: null for nobody. */
export function useSessionQuery() {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: sessionKey,
    queryFn: async (): Promise<CurrentSession | null> => {
      try {
        const session = await sessionApi.current();
        proveBy(session.csrf);
        return session;
      } catch (failure) {
        if (failure instanceof Problem && failure.status === 401) return null;
        throw failure;
      }
    },
    staleTime: 60_000,
  });
  useEffect(() => {
    // Signed out elsewhere, or for too long away: everything known so far is forgotten, and the page asks to sign in.
    whenSignedOut(() => {
      if (queries.getQueryData(sessionKey)) {
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
        queries.setQueryData(sessionKey, null);
      }
    });
  }, [queries]);
  return query;
}

/** After signing in: what was known before is of somebody else. */
export function useBecome() {
  const queries = useQueryClient();
  return (session: CurrentSession | null) => {
    proveBy(session?.csrf);
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
    queries.setQueryData(sessionKey, session);
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
