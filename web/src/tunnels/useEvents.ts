import { useEffect, useRef, useState } from 'react';

/** Whether what is shown is as it is now: events come in, or have been missed. */
export type Liveness = 'connecting' | 'live' | 'broken';

/**
 * Listens to the hub's events (server-sent) while the page is seen. After a break nothing is sent again, so `onAgain` reads the state anew;
 * it is also called when the hub says that this listener was too slow.
 */
export function useEvents(query: string, on: Readonly<Record<string, (data: unknown) => void>>, onAgain: () => void): Liveness {
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const handlers = useRef({ on, onAgain });
  handlers.current = { on, onAgain };
  const types = Object.keys(on).sort().join(' ');

  useEffect(() => {
    let source: EventSource | undefined;
    let wasOpen = false;
    const open = () => {
      source = new EventSource(`/api/v1/events${query}`);
      source.onopen = () => {
        setLiveness('live');
        if (wasOpen) handlers.current.onAgain();
        wasOpen = true;
      };
      source.onerror = () => setLiveness('broken');
      source.addEventListener('missed', () => handlers.current.onAgain());
      for (const type of types.split(' ')) {
        source.addEventListener(type, (event: MessageEvent<string>) => handlers.current.on[type]?.(JSON.parse(event.data)));
      }
    };
    const close = () => {
      source?.close();
      source = undefined;
    };
    // A window in the background holds no connection: browsers have six for all windows of one hub.
    const look = () => {
      if (document.hidden) close();
      else if (!source) open();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      close();
    };
  }, [query, types]);
  return liveness;
}
