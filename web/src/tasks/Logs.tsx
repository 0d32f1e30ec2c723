import { useQuery } from '@tanstack/react-query';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { tasksApi, type LogLine, type Task } from '../api/tasks';
import { Button } from '../design/Button';
import { CheckField } from '../design/Field';
import { Badge } from '../design/Page';
import { Empty, Failure, Skeleton } from '../design/States';
import { useWindow } from '../design/useWindow';
import { count } from '../design/words';
import { hasEarlier, parted, plain } from './logWindow';
import { useLog } from './useLog';
import { hasEnded } from './words';
import './tasks.css';

const lineHeight = 20;
const mostFound = 500;
const atTheEnd = 80;

/** What a task has written: its end as it grows, any part of it, and what is searched for. */
export function Logs({ task }: { readonly task: Task }) {
  const [search, setSearch] = useState('');
  const [typed, setTyped] = useState('');
  const [follow, setFollow] = useState(true);
  const [target, setTarget] = useState<number>();
  const log = useLog(task.id, task.attempt, follow && search === '');
  const goTo = (line: number) => {
    setFollow(false);
    setSearch('');
    setTyped('');
    setTarget(line);
    void log.go(line);
  };
  return (
    <section className="panel log" aria-label="Log">
      <div className="tools">
        <form className="search" role="search" onSubmit={(event) => {
          event.preventDefault();
          setSearch(typed.trim());
        }}>
          <input className="input" type="search" maxLength={200} placeholder="Search all of the log" aria-label="Search all of the log" value={typed} onChange={(event) => {
            setTyped(event.target.value);
            if (event.target.value === '') setSearch('');
          }} />
          <Button type="submit">Search</Button>
        </form>
        {search === '' && (
          <>
            <CheckField label="Follow" checked={follow} onChange={(event) => {
              setTarget(undefined);
              setFollow(event.target.checked);
            }} />
            {log.window && hasEarlier(log.window) && <Button size="small" icon="up" onClick={() => {
              setFollow(false);
              setTarget(log.window?.first ?? 1);
              void log.go(log.window?.first ?? 1);
            }}>First line</Button>}
            {follow && <LogLiveness liveness={log.liveness} isOver={hasEnded(task.state)} />}
          </>
        )}
        {log.window && <span className="count numeric">{count(log.window.end - log.window.first)} {log.window.end - log.window.first === 1 ? 'line' : 'lines'}{log.window.first > 1 && ', older ones are gone'}</span>}
      </div>
      <div>{log.error !== undefined && <Failure error={log.error} onRetry={log.again} />}</div>
      {search !== '' ? <Found task={task} search={search} onGo={goTo} />
        : !log.window ? <div className="body"><Skeleton lines={6} onRetry={log.again} /></div>
        : log.window.lines.length === 0 ? (
          <Empty icon="audit" title="Nothing written yet">
            What the program writes appears here as it does. {task.state === 'queued' ? 'It has not started yet.' : 'Some programs write only when they end, or when their buffer is full.'}
          </Empty>
        ) : (
          <Lines log={log} window={log.window} follow={follow} target={target} onLeave={() => setFollow(false)} />
        )}
    </section>
  );
}

function LogLiveness({ liveness, isOver }: { readonly liveness: ReturnType<typeof useLog>['liveness']; readonly isOver: boolean }) {
  if (liveness === 'ended' || isOver) return <Badge>complete</Badge>;
  return <Badge tone={liveness === 'live' ? 'ok' : liveness === 'broken' ? 'warn' : undefined}>{liveness === 'live' ? 'live' : liveness === 'broken' ? 'reconnecting' : 'connecting'}</Badge>;
}

function Lines({ log, window, follow, target, onLeave }: {
  readonly log: ReturnType<typeof useLog>;
  readonly window: NonNullable<ReturnType<typeof useLog>['window']>;
  readonly follow: boolean;
  readonly target: number | undefined;
  readonly onLeave: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const reached = useRef<number>(undefined);
  const moved = useRef<typeof window>(undefined);
  const { lines } = window;
  const { later, earlier } = log;
  const onEnd = useCallback(() => void later(), [later]);
  const seen = useWindow(box, lines.length, lineHeight, onEnd);
  // At the end the last lines are made before they are scrolled to, so that nothing flickers.
  const [first, last] = follow ? [Math.max(0, lines.length - atTheEnd), lines.length] : [seen.first, seen.last];

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (follow) element.scrollTop = element.scrollHeight;
    else if (target !== undefined && reached.current !== target && lines.some(({ number }) => number === target)) {
      reached.current = target;
      element.scrollTop = Math.max(0, lines.findIndex(({ number }) => number === target) * lineHeight - element.clientHeight / 3);
    } else if (moved.current !== window) element.scrollTop += window.moved * lineHeight;
    moved.current = window;
  }, [window, lines, follow, target]);

  return (
    <div className="log-lines" ref={box} tabIndex={0} role="region" aria-label="Lines of the log" onScroll={({ currentTarget: element }) => {
      if (follow && element.scrollHeight - element.scrollTop - element.clientHeight > 3 * lineHeight) onLeave();
      if (element.scrollTop < 10 * lineHeight && hasEarlier(window)) void earlier();
    }}>
      <div style={{ height: first * lineHeight }} />
      {lines.slice(first, last).map((line) => <Line key={line.number} line={line} search="" marked={line.number === target} />)}
      <div style={{ height: (lines.length - last) * lineHeight }} />
    </div>
  );
}

const names: Readonly<Record<string, string>> = { err: 'err', adit: 'adit' };

function Line({ line, search, marked = false, onGo }: { readonly line: LogLine; readonly search: string; readonly marked?: boolean; readonly onGo?: (line: number) => void }) {
  const time = new Date(line.at).toLocaleTimeString('en', { hour12: false });
  return (
    <div className={['log-line', names[line.stream] ?? '', marked ? 'marked' : ''].filter(Boolean).join(' ')} title={time}>
      {onGo
        ? <button type="button" className="number" aria-label={`Show line ${String(line.number)} where it is`} onClick={() => onGo(line.number)}>{line.number}</button>
        : <span className="number">{line.number}</span>}
      <span className="mark">{names[line.stream] ?? ''}</span>
      <span>{parted(plain(line.text), search).map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part))}</span>
    </div>
  );
}

function Found({ task, search, onGo }: { readonly task: Task; readonly search: string; readonly onGo: (line: number) => void }) {
  const query = useQuery({ queryKey: ['tasks', 'found', task.id, search], queryFn: () => tasksApi.logs(task.id, { search, limit: mostFound }) });
  if (query.isError) return <div className="body"><Failure error={query.error} onRetry={() => void query.refetch()} /></div>;
  if (!query.data) return <div className="body"><Skeleton lines={5} onRetry={() => void query.refetch()} /></div>;
  const { lines } = query.data;
  if (lines.length === 0) {
    return (
      <Empty icon="search" title={`No line has “${search}”`}>
        {query.data.first > 1 ? `Searched were the lines from ${count(query.data.first)} on; older ones are gone.` : 'All of the log was searched, in whatever case.'}
      </Empty>
    );
  }
  return (
    <div>
      <p className="found" role="status">
        {lines.length >= mostFound ? `The last ${count(mostFound)} lines` : lines.length === 1 ? 'One line' : `${count(lines.length)} lines`} with “{search}”. The number leads to the line.
      </p>
      <div className="log-lines" tabIndex={0} role="region" aria-label="Lines that were found">
        {lines.map((line) => <Line key={line.number} line={line} search={search} onGo={onGo} />)}
      </div>
    </div>
  );
}
