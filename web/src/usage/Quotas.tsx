import { Link } from 'wouter';
import type { Quota } from '../api/usage';
import { Badge } from '../design/Page';
import { sharesOf } from './usage';
import './usage.css';

/** Whose quota it is, as people read it. */
export function Whose({ quota }: { readonly quota: Quota }) {
  const { kind, name } = quota;
  if (name === '*') return <strong>{kind === 'user' ? 'Every user' : 'Every project'}</strong>;
  return kind === 'project' ? <Link to={`/projects/${name}`} className="inline">{name}</Link> : <strong>{name}</strong>;
}

/** A quota: what of each limit is used, as bars. */
export function QuotaShares({ quota }: { readonly quota: Quota }) {
  const shares = sharesOf(quota);
  if (shares.length === 0) return <span className="faint">No limits.</span>;
  return (
    <div className="usage-bars">
      {shares.map(({ name, limit = 0, used, words }) => {
        const part = used === undefined ? 0 : limit === 0 ? 1 : used / limit;
        const text = used === undefined ? words(limit) : `${words(used)} of ${words(limit)}`;
        return (
          <div className="usage-bar" key={name}>
            <div className="row apart"><span>{name}</span><span className="numeric">{text}</span></div>
            {used !== undefined && <progress className={`share ${part >= 1 ? 'full' : part >= 0.8 ? 'near' : ''}`} max={1} value={Math.min(part, 1)} aria-label={`${name}: ${text} used`} />}
          </div>
        );
      })}
    </div>
  );
}

/** One of a list. */
export function QuotaItem({ quota, children }: { readonly quota: Quota; readonly children?: React.ReactNode }) {
  return (
    <li className="usage-quota">
      <div className="row apart">
        <span className="row">
          <Whose quota={quota} />
          <Badge>{quota.name === '*' ? 'default' : quota.kind}</Badge>
          {quota.isDefault && <span className="faint">by the default</span>}
        </span>
        {children && <span className="row">{children}</span>}
      </div>
      <QuotaShares quota={quota} />
    </li>
  );
}
