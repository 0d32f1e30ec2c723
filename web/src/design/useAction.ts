import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useState } from 'react';

/** Something that is done once when asked for: whether it is under way, and how it failed. What it made old is asked for again. */
export function useAction<A extends unknown[]>(act: (...of: A) => Promise<unknown>, stale: readonly QueryKey[] = []) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (...of: A): Promise<boolean> => {
    if (busy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await act(...of);
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
      await Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey })));
    }
  };
  return { run, busy, error };
}
