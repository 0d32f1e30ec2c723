import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { tasksApi, type Task } from '../api/tasks';
import { IconButton } from '../design/Button';
import { useNow } from '../design/Moment';
import { useEvents } from '../tunnels/useEvents';
import { useReread } from '../tunnels/useReread';
import { nearEndOf } from './idle';
import { NearEndNotice } from './NearEnd';
import { tasksKey } from './useTasks';
import './idle.css';

const key = [...tasksKey, 'warned'];
const lookEveryMs = 30_000;

/** Those of one's own tasks that are about to be stopped, on whichever page one is. */
export function Warnings() {
  const [path] = useLocation();
  const [away, setAway] = useState<readonly string[]>([]);
  const now = useNow();
  const again = useReread(key);
  // Asked once and whenever the hub warns; again and again only while there is something to take back.
  const query = useQuery({
    queryKey: key,
    queryFn: async () => (await tasksApi.list(false)).filter(({ state, idle }) => state === 'ready' && idle?.isWarned),
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data?.length ? lookEveryMs : false),
  });
  useEvents('', {
    task: (data) => {
      const { type, id } = data as { readonly type: string; readonly id: string };
      if (type === 'warned' || query.data?.some((task) => task.id === id)) again();
    },
  }, again);
  const shown = (query.data ?? []).flatMap((task) => {
    const end = nearEndOf(task, now);
    return !end || away.includes(momentOf(task)) || path === `/tasks/${task.id}` || path === `/tasks/${task.id}/logs` ? [] : [{ task, end }];
  });
  return (
    <div className="warnings" role="status">
      {shown.map(({ task, end }) => (
        <NearEndNotice key={task.id} task={task} end={end}>
          <IconButton small icon="cross" label={`Say no more of ${task.name}`} onClick={() => setAway([...away, momentOf(task)])} />
        </NearEndNotice>
      ))}
    </div>
  );
}

// Of one start; what is warned of after it was used again is said again, since the end is another one.
const momentOf = ({ id, attempt, idle }: Task) => `${id} ${String(attempt)} ${idle?.stopsAt ?? ''}`;
