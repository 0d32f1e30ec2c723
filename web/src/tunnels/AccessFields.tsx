import { Button } from '../design/Button';
import { SelectField, TextField } from '../design/Field';
import { Empty, Notice } from '../design/States';
import { isSubjectWrong, levels, type AccessDraft } from './access';
import { RuleEditor } from './RuleEditor';
import { emptyDraft, problemsOf } from './rules';

/** The fields of who may use something: one choice, and the rules before it. `tried` shows what is wrong with them. */
export function AccessFields({ draft, onChange, tried, wasPublic = false }: {
  readonly draft: AccessDraft;
  readonly onChange: (draft: AccessDraft) => void;
  readonly tried: boolean;
  /** It is open to everybody as it is: choosing that again needs no warning. */
  readonly wasPublic?: boolean;
}) {
  const { kind, subject, rules } = draft;
  const setRules = (to: AccessDraft['rules']) => onChange({ ...draft, rules: to });
  return (
    <>
      <div className="form">
        <div className="pair">
          <SelectField label="Access" value={kind} onChange={(event) => onChange({ ...draft, kind: event.target.value })}>
            {levels.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
          </SelectField>
          {kind === 'named' && (
            <TextField label="Which ones" className="mono" placeholder="group:ds, user:anna" value={subject} spellCheck={false} onChange={(event) => onChange({ ...draft, subject: event.target.value })}
              error={tried && isSubjectWrong(draft) ? 'group:NAME or user:NAME, several with commas.' : undefined} />
          )}
        </div>
      </div>
      {kind === 'public' && !wasPublic && <Notice kind="warn">Anybody who can reach this hub will be able to use it. Whether you may open that far, an admin decides.</Notice>}
      <div className="stack tight">
        {rules.length === 0 ? (
          <Empty icon="lock" title="No rules" action={<Button icon="plus" onClick={() => setRules([emptyDraft()])}>Add a rule</Button>}>
            Rules say more than one choice can: a network that may, a path that may not, a share that ends on Friday.
          </Empty>
        ) : (
          <>
            <ol className="stack tight" aria-label="Rules">
              {rules.map((rule, at) => (
                <RuleEditor
                  key={rule.key}
                  draft={rule}
                  number={at + 1}
                  problems={tried ? problemsOf(rule) : {}}
                  onChange={(to) => setRules(rules.with(at, to))}
                  onRemove={() => setRules(rules.toSpliced(at, 1))}
                  onMove={(by) => {
                    const moved = rules.toSpliced(at, 1);
                    setRules(moved.toSpliced(Math.min(Math.max(at + by, 0), moved.length), 0, rule));
                  }}
                  isFirst={at === 0}
                  isLast={at === rules.length - 1}
                />
              ))}
            </ol>
            <div><Button icon="plus" size="small" onClick={() => setRules([...rules, emptyDraft()])}>Add a rule</Button></div>
          </>
        )}
      </div>
    </>
  );
}
