import { IconButton } from '../design/Button';
import { Segments, TextField } from '../design/Field';
import { isPast, type RuleDraft } from './rules';
import './rules.css';

/** One rule of a tunnel. */
export function RuleEditor({ draft, number, problems, onChange, onRemove, onMove, isFirst, isLast }: {
  readonly draft: RuleDraft;
  readonly number: number;
  readonly problems: Partial<Record<keyof RuleDraft, string>>;
  readonly onChange: (draft: RuleDraft) => void;
  readonly onRemove: () => void;
  readonly onMove: (by: number) => void;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const field = (key: 'who' | 'networks' | 'methods' | 'paths' | 'note' | 'expires') => ({
    value: draft[key],
    error: problems[key],
    spellCheck: false,
    onChange: (event: { readonly target: { readonly value: string } }) => onChange({ ...draft, [key]: event.target.value }),
  });
  return (
    <li className="rule">
      <div className="row apart">
        <div className="row">
          <span className="faint numeric">{number}.</span>
          <Segments
            label={`Rule ${String(number)}`}
            value={draft.allow ? 'allow' : 'deny'}
            onChange={(to) => onChange({ ...draft, allow: to === 'allow' })}
            options={[{ value: 'allow', text: 'Allow' }, { value: 'deny', text: 'Deny' }]}
          />
        </div>
        <div className="row">
          <IconButton icon="up" label={`Move rule ${String(number)} up`} small disabled={isFirst} onClick={() => onMove(-1)} />
          <IconButton icon="down" label={`Move rule ${String(number)} down`} small disabled={isLast} onClick={() => onMove(1)} />
          <IconButton icon="cross" label={`Remove rule ${String(number)}`} small onClick={onRemove} />
        </div>
      </div>
      <div className="rule-fields">
        <TextField label="Who" placeholder="signed-in, group:ds" {...field('who')} />
        <TextField label="From networks" optional placeholder="10.0.0.0/8" {...field('networks')} />
        <TextField label="Methods" optional placeholder="GET, HEAD" {...field('methods')} />
        <TextField label="Paths" optional placeholder="/api/*" {...field('paths')} />
        <TextField label="Until" optional type="datetime-local" {...field('expires')} hint={isPast(draft) && !problems.expires ? 'Over: the rule holds no more.' : undefined} />
        <TextField label="Note" optional {...field('note')} spellCheck />
      </div>
    </li>
  );
}
