import { useQuery } from '@tanstack/react-query';
import { sessionApi } from '../api/session';
import type { Schemas } from '../api/client';

export const waysInKey = ['sign-in'];

/** What is wrong with a new password, by the hub's rule; undefined when nothing is, or the hub has not said its rule yet: it looks again anyway. */
export function passwordRefusal(password: string, rule: Schemas['PasswordRule'] | undefined): string | undefined {
  if (rule && password.length < rule.minLength) return `At least ${String(rule.minLength)} characters.`;
  if (rule && password.length > rule.maxLength) return `At most ${String(rule.maxLength)} characters.`;
  return undefined;
}

/** The hub's rule for passwords, once it has said it. */
export function usePasswordRule(): Schemas['PasswordRule'] | undefined {
  return useQuery({ queryKey: waysInKey, queryFn: sessionApi.waysIn, staleTime: Number.POSITIVE_INFINITY }).data?.password;
}
