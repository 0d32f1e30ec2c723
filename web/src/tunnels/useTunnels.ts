import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { tunnelsApi, type Tunnel } from '../api/tunnels';
import type { Tagged } from '../api/client';
import type { Liveness } from './events';
import { flowMeter, type Flowing } from './flow';
import { useEvents } from './useEvents';
import { useReread } from './useReread';

const sampleEveryMs = 2_000;

export const tunnelsKey = ['tunnels'];
export const tunnelKey = (name: string) => ['tunnels', name];

/** All tunnels that one may see, as they are now: their coming and going by events, their counters every two seconds. */
export function useTunnels(): { readonly query: UseQueryResult<Flowing[]>; readonly liveness: Liveness } {
  const flow = useFlow();
  const again = useReread(tunnelsKey, true);
  const liveness = useEvents('', { tunnel: again }, again);
  const query = useQuery({
    queryKey: tunnelsKey,
    queryFn: async () => flow(await tunnelsApi.list()),
    refetchInterval: sampleEveryMs,
  });
  return { query, liveness };
}

/** One tunnel, its validator, and how much passes it. */
export function useTunnel(name: string): UseQueryResult<Flowing & { readonly etag: string | null }> {
  const flow = useFlow();
  return useQuery({
    queryKey: tunnelKey(name),
    queryFn: async () => {
      const { value, etag }: Tagged<Tunnel> = await tunnelsApi.find(name);
      const [flowing] = flow([value]);
      return { ...(flowing ?? { tunnel: value, perSecond: undefined, requestsPerSecond: undefined }), etag };
    },
    refetchInterval: sampleEveryMs,
  });
}

function useFlow(): (tunnels: readonly Tunnel[]) => Flowing[] {
  const [meter] = useState(flowMeter);
  return (tunnels) => meter(tunnels, performance.now());
}
