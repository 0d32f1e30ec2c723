import type { Tunnel } from '../api/tunnels';

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

/** Rates from counters: tells of each sample of tunnels, taken at a time in milliseconds, how much passed since the one before. */
export function flowMeter(): (tunnels: readonly Tunnel[], at: number) => Flowing[] {
  let before = new Map<string, Sample>();
  return (tunnels, at) => {
    const now = new Map<string, Sample>();
    const flowing = tunnels.map((tunnel) => {
      const { bytesIn, bytesOut, requests } = tunnel.traffic;
      const sample = { at, bytes: Number(bytesIn ?? 0) + Number(bytesOut ?? 0), requests: Number(requests ?? 0) };
      const last = before.get(tunnel.name);
      // Two answers in quick succession say nothing of the rate: the older sample stands until a second has passed.
      const seconds = last ? (at - last.at) / 1000 : 0;
      now.set(tunnel.name, last && seconds < 1 ? last : sample);
      return {
        tunnel,
        perSecond: last && seconds > 0.2 ? Math.max(0, sample.bytes - last.bytes) / seconds : undefined,
        requestsPerSecond: last && seconds > 0.2 ? Math.max(0, sample.requests - last.requests) / seconds : undefined,
      };
    });
    before = now;
    return flowing;
  };
}
