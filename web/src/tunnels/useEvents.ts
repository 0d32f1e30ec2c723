import { useEffect, useRef, useState } from 'react';
import { SharedLine, type Listener, type Liveness } from './events';

const lines = new Map<string, SharedLine>();
document.addEventListener('visibilitychange', () => lines.forEach((line) => line.look()));

/** Listens to the hub's events while the page is seen; `onAgain` reads the state anew when some may have been missed. */
export function useEvents(query: string, on: Readonly<Record<string, (data: unknown) => void>>, onAgain: () => void): Liveness {
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const handlers = useRef({ on, onAgain });
  handlers.current = { on, onAgain };

  useEffect(() => {
    const url = `/api/v1/events${query}`;
    const line = lines.get(url) ?? new SharedLine(url);
    lines.set(url, line);
    const reader: Listener = {
      on: () => handlers.current.on,
      onAgain: () => handlers.current.onAgain(),
      onLiveness: setLiveness,
    };
    line.add(reader);
    return () => {
      line.remove(reader);
      if (line.isIdle) lines.delete(url);
    };
  }, [query]);
  return liveness;
}
