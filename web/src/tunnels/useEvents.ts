import { useEffect, useRef, useState } from 'react';
import { EventLine, type Liveness } from './events';

/** Listens to the hub's events while the page is seen; `onAgain` reads the state anew when some may have been missed. */
export function useEvents(query: string, on: Readonly<Record<string, (data: unknown) => void>>, onAgain: () => void): Liveness {
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  const handlers = useRef({ on, onAgain });
  handlers.current = { on, onAgain };
  const types = Object.keys(on).sort().join(' ');

  useEffect(() => {
    const line = new EventLine(`/api/v1/events${query}`, types.split(' '), {
      on: () => handlers.current.on,
      onAgain: () => handlers.current.onAgain(),
      onLiveness: setLiveness,
    });
    // A window in the background holds no connection: browsers have six for all windows of one hub.
    const look = () => {
      if (document.hidden) line.close();
      else line.open();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      line.close();
    };
  }, [query, types]);
  return liveness;
}
