import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { gatherer } from './gather';

const gatherMs = 300;

/** Reads what is known by a key anew: for many events once, and without giving up a reading that is under way, behind which it reads once more. */
export function useReread(queryKey: readonly unknown[], exact = false): () => void {
  const queries = useQueryClient();
  const key = JSON.stringify(queryKey);
  const gathered = useMemo(() => {
    const what = { queryKey: JSON.parse(key) as readonly unknown[], exact };
    const read = () => queries.invalidateQueries(what, { cancelRefetch: false });
    return gatherer(async () => {
      const isOlder = queries.isFetching(what) > 0;
      await read();
      if (isOlder) await read();
    }, gatherMs);
  }, [queries, key, exact]);
  useEffect(() => () => gathered.end(), [gathered]);
  return gathered.ask;
}
