import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, type ReactNode } from 'react';
import { proveBy, whenSignedOut } from '../api/client';
import { Problem } from '../api/problem';
import { sessionApi, type CurrentSession } from '../api/session';

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
