import type { AccessRule, Tunnel } from '../api/tunnels';
import { Moment } from '../design/Moment';
import { Badge, Panel } from '../design/Page';
import { AccessBadge } from './parts';

/** Who may use a tunnel, for those who may see it and not change it. */
export function AccessRules({ tunnel }: { readonly tunnel: Tunnel }) {
  const rules = tunnel.rules ?? [];
  return (
    <Panel title="Who may use it" lead="Its owner, and the maintainers of its project, change this.">
      <div className="stack tight">
        {rules.length > 0 && (
          <ol className="stack tight" aria-label="Rules">
            {rules.map((rule, at) => <li key={at}><Rule rule={rule} /></li>)}
          </ol>
        )}
        <div className="row">{rules.length > 0 && <span className="muted">Otherwise</span>}<AccessBadge access={tunnel.access} /></div>
      </div>
    </Panel>
  );
}

function Rule({ rule }: { readonly rule: AccessRule }) {
  const limits = [
    ['from', rule.networks],
    ['methods', rule.methods],
    ['paths', rule.paths],
  ] as const;
  return (
    <div className="row">
      <Badge tone={rule.allow === false ? 'danger' : 'ok'}>{rule.allow === false ? 'deny' : 'allow'}</Badge>
      <span>{rule.who?.join(', ')}</span>
      {limits.map(([text, values]) => values && values.length > 0 && <span key={text} className="faint">{text} <code>{values.join(', ')}</code></span>)}
      {rule.expires && <span className="faint">until <Moment at={rule.expires} /></span>}
      {rule.note && <span className="faint">{rule.note}</span>}
    </div>
  );
}
