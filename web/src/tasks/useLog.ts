import { useCallback, useEffect, useRef, useState } from 'react';
import { tasksApi, type LogPage } from '../api/tasks';
import { EventLine, type Liveness } from '../tunnels/events';
import { append, hasEarlier, hasLater, nextOf, pageSize, prepend, startOf, windowOf, type LogWindow } from './logWindow';

// What comes within this is shown at once: a program that writes a thousand lines a second makes five changes of the page.
const gatherMs = 200;

/** A part of a task's log: what follows is added while `follow` is set, what is before and after when it is asked for. */
export function useLog(id: string, attempt: number, follow: boolean) {
  const [window, setWindow] = useState<LogWindow>();
  const [error, setError] = useState<unknown>();
  const [liveness, setLiveness] = useState<Liveness | 'ended'>('connecting');
  const [round, setRound] = useState(0);
  const busy = useRef(false);

  // The end of the log, and from there on what follows. In the background nothing is held open; coming back begins at the end anew.
  useEffect(() => {
    if (!follow) return undefined;
    let line: EventLine | undefined;
    let flush: ReturnType<typeof setTimeout> | undefined;
    let waiting: LogPage[] = [];
    let generation = 0;
    const take = () => {
      flush = undefined;
      const pages = waiting;
      waiting = [];
      setWindow((now) => pages.reduce<LogWindow | undefined>((so, page) => (so ? append(so, page) : windowOf(page)), now));
    };
    const end = () => {
      line?.close();
      line = undefined;
      clearTimeout(flush);
      if (flush !== undefined) take();
      generation++;
    };
    const begin = async () => {
      const mine = ++generation;
      setLiveness('connecting');
      try {
        const page = await tasksApi.logs(id, { limit: pageSize });
        if (mine !== generation) return;
        const last = windowOf(page);
        setWindow(last);
        setError(undefined);
        line = new EventLine(tasksApi.followUrl(id, nextOf(last)), ['lines', 'end'], {
          on: () => ({
            lines: (data) => {
              waiting.push(data as LogPage);
              flush ??= setTimeout(take, gatherMs);
            },
            end: () => {
              end();
              setLiveness('ended');
            },
          }),
          onAgain: () => undefined,
          onLiveness: setLiveness,
        });
        line.open();
      } catch (failure) {
        if (mine === generation) setError(failure);
      }
    };
    const look = () => {
      end();
      if (!document.hidden) void begin();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      end();
    };
  }, [id, attempt, follow, round]);

  /** Asks for one part at a time; what is asked for meanwhile is dropped, since it is asked for again on the next movement. */
  const fetch = useCallback(async (from: number, limit: number, put: (now: LogWindow | undefined, page: LogPage) => LogWindow) => {
    if (busy.current) return;
    busy.current = true;
    try {
      const page = await tasksApi.logs(id, { from, limit });
      setWindow((now) => put(now, page));
      setError(undefined);
    } catch (failure) {
      setError(failure);
    } finally {
      busy.current = false;
    }
  }, [id]);

  const earlier = useCallback(async () => {
    if (!window || !hasEarlier(window)) return;
    const from = Math.max(window.first, startOf(window) - pageSize);
    await fetch(from, startOf(window) - from, (now, page) => (now ? prepend(now, page) : windowOf(page)));
  }, [window, fetch]);

  const later = useCallback(async () => {
    if (!window || follow || !hasLater(window)) return;
    await fetch(nextOf(window), pageSize, (now, page) => (now ? append(now, page) : windowOf(page)));
  }, [window, follow, fetch]);

  /** Lines around one. */
  const go = useCallback((to: number) => fetch(Math.max(1, to - 100), pageSize, (_, page) => windowOf(page)), [fetch]);

  return { window, error, liveness, earlier, later, go, again: () => setRound(round + 1) };
}
