import type { UseQueryResult } from '@tanstack/react-query';
import type { TemplateTest } from '../api/templates';
import { Link } from 'wouter';
import { Icon, type IconName } from '../design/Icon';
import { Failure, Skeleton } from '../design/States';
import { fitLineOf, priceOf } from './launch';
import { resourcesOf } from './words';

const mostReasons = 4;

type Runners = NonNullable<TemplateTest['runners']>;

/** What a dry run says: whether it would start, where, and what it costs. */
export function Verdict({ test, wrong, isOld, refusal }: {
  readonly test: UseQueryResult<TemplateTest>;
  readonly wrong: boolean;
  /** Whether the form has changed since. */
  readonly isOld: boolean;
  readonly refusal?: string | undefined;
}) {
  if (wrong) return <Line kind="none" icon="info">The form is not complete yet.</Line>;
  if (test.isError) return <Failure error={test.error} onRetry={() => void test.refetch()} />;
  if (!test.data) return <Skeleton lines={2} onRetry={() => void test.refetch()} />;
  const { data } = test;
  return (
    <div className="stack tight" aria-live="polite" aria-busy={isOld}>
      {data.pricePerHour !== null && data.pricePerHour !== undefined && <div className="price numeric">{priceOf(data.pricePerHour, data.currency)}</div>}
      {data.requests && <span className="muted">{resourcesOf(data.requests)}</span>}
      {refusal ? <Line kind="danger" icon="warning">{refusal}</Line> : data.isValid && (data.waitsFor ? <><Line kind="warn" icon="warning">It would wait in the queue.</Line><span className="faint">{data.waitsFor}</span></> : <Fit test={data} />)}
      {data.notices?.map((notice) => <Line key={notice} kind="warn" icon="info">{notice}</Line>)}
    </div>
  );
}

function Fit({ test }: { readonly test: TemplateTest }) {
  const runners = test.runners ?? [];
  const now = runners.filter(({ hasRoom }) => hasRoom);
  const ever = runners.filter(({ couldFit }) => couldFit);
  if (runners.length === 0) return <Line kind="danger" icon="warning">There is no runner that you may use: <Link to="/add-runner" className="inline">add a runner</Link> of your own, or ask an admin to add one that everybody may use.</Line>;
  if (now.length > 0) return <><Line kind="ok" icon="check">{now.length === 1 ? `${now[0]?.runner ?? ''} has room` : `${String(now.length)} runners have room`}: it starts at once.</Line><Rest runners={runners} /></>;
  if (ever.length > 0) return <><Line kind="warn" icon="warning">It would wait in the queue.</Line><Reasons runners={ever} /><Rest runners={runners} /></>;
  return <><Line kind="danger" icon="warning">No runner can ever have it as it is.</Line><Reasons runners={runners} /></>;
}

/** How many runners fit, and why the others do not. */
function Rest({ runners }: { readonly runners: Runners }) {
  const others = runners.filter(({ couldFit }) => !couldFit);
  if (runners.length === 1) return null;
  if (others.length === 0) return <span className="faint">All {runners.length.toLocaleString('en')} runners fit.</span>;
  return (
    <details className="verdict-rest">
      <summary>{fitLineOf(runners)}</summary>
      <Reasons runners={others} />
    </details>
  );
}

function Reasons({ runners }: { readonly runners: Runners }) {
  return (
    <ul className="stack tight faint">
      {runners.slice(0, mostReasons).map(({ runner, reason }) => <li key={runner}><strong>{runner}</strong>{reason && `: ${reason}`}</li>)}
      {runners.length > mostReasons && <li>and {(runners.length - mostReasons).toLocaleString('en')} more</li>}
    </ul>
  );
}

function Line({ kind, icon, children }: { readonly kind: 'ok' | 'warn' | 'danger' | 'none'; readonly icon: IconName; readonly children: React.ReactNode }) {
  return <div className={`verdict ${kind}`}><Icon name={icon} size={16} /><span>{children}</span></div>;
}
