import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { tunnelsApi, type Tunnel } from '../api/tunnels';
import type { Tagged } from '../api/client';
import { useEvents, type Liveness } from './useEvents';

const sampleEveryMs = 2_000;

export const tunnelsKey = ['tunnels'];
export const tunnelKey = (name: string) => ['tunnels', name];

/** A tunnel and how much passes it now. */
export interface Flowing {
  readonly tunnel: Tunnel;
  /** Bytes a second, both ways; undefined until there are two samples. */
  readonly perSecond: number | undefined;
  readonly requestsPerSecond: number | undefined;
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
  readonly requests: number;
}

/** All tunnels that one may see, as they are now: their coming and going by events, their counters every two seconds. */
export function useTunnels(): { readonly query: UseQueryResult<Flowing[]>; readonly liveness: Liveness } {
  const queries = useQueryClient();
  const flow = useFlow();
  const again = () => void queries.invalidateQueries({ queryKey: tunnelsKey, exact: true });
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
  const before = useRef(new Map<string, Sample>());
  return useMemo(() => (tunnels) => {
    const at = performance.now();
    const now = new Map<string, Sample>();
    const flowing = tunnels.map((tunnel) => {
      const { bytesIn, bytesOut, requests } = tunnel.traffic;
      const sample = { at, bytes: Number(bytesIn ?? 0) + Number(bytesOut ?? 0), requests: Number(requests ?? 0) };
      const last = before.current.get(tunnel.name);
      // Two answers in quick succession say nothing of the rate: the older sample stands until a second has passed.
      const seconds = last ? (at - last.at) / 1000 : 0;
      now.set(tunnel.name, last && seconds < 1 ? last : sample);
      return {
        tunnel,
        perSecond: last && seconds > 0.2 ? Math.max(0, sample.bytes - last.bytes) / seconds : undefined,
        requestsPerSecond: last && seconds > 0.2 ? Math.max(0, sample.requests - last.requests) / seconds : undefined,
      };
    });
    before.current = now;
    return flowing;
  }, []);
}
