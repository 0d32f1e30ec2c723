import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { Problem } from '../api/problem';
import { Button } from './Button';
import { Command } from './Copy';
import { Icon, type IconName } from './Icon';

const patienceMs = 10_000;

export function Notice({ kind = 'info', children }: { readonly kind?: 'info' | 'ok' | 'warn' | 'danger'; readonly children: ReactNode }) {
  const icon: IconName = kind === 'ok' ? 'check' : kind === 'info' ? 'info' : 'warning';
  return (
    <div className={`notice ${kind}`} role={kind === 'danger' ? 'alert' : undefined}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

/** A place where nothing is yet: says what would be here, and how it comes about. */
export function Empty({ icon, title, children, command, action }: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly command?: string;
  readonly action?: ReactNode;
}) {
  return (
    <div className="empty">
      <div className="picture"><Icon name={icon} size={24} /></div>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {command && <Command text={command} />}
      {action}
    </div>
  );
}

/** Bones of what is to come; after ten seconds it says so, and what can be done. Nothing turns for ever. */
export function Skeleton({ lines = 4, onRetry }: { readonly lines?: number; readonly onRetry?: () => void }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (late) return undefined;
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, [late]);
  if (late) {
    return (
      <Notice kind="warn">
        <span>The hub has not answered for ten seconds.</span>
        <Button size="small" icon="replay" onClick={() => {
          setLate(false);
          if (onRetry) onRetry();
          else location.reload();
        }}>
          Try again
        </Button>
      </Notice>
    );
  }
  return (
    <div className="stack" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="bone" style={{ width: `${String(92 - ((line * 23) % 50))}%` }} />
      ))}
    </div>
  );
}

/** What went wrong, in the hub's words, and a way to try again. What the hub itself failed at can be looked up in its log; what it refuses it refuses again. */
export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const problem = error instanceof Problem ? error : undefined;
  return (
    <Notice kind={problem?.isMissing ? 'warn' : 'danger'}>
      <span>{error instanceof Error ? error.message : 'Something went wrong.'}</span>
      {problem?.requestId && problem.status >= 500 && <span className="faint">Request {problem.requestId}: the hub's log has it under this id.</span>}
      {onRetry && problem?.status !== 403 && <Button size="small" icon="replay" onClick={onRetry}>Try again</Button>}
    </Notice>
  );
}

/** The states of something asked of the hub: coming, there, there but old, failed. */
export function Loaded<T>({ query, lines, children }: {
  readonly query: UseQueryResult<T>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <div className="panel"><div className="body"><Skeleton {...(lines && { lines })} onRetry={() => void query.refetch()} /></div></div>;
}
