import { useId, type ReactNode, type Ref } from 'react';
import { linesOf } from './documents';
import type { TemplateRemark } from '../api/templates';
import './templates.css';

/** A text with numbered lines; those that something is said about are marked. Tab leaves it, as everywhere. */
export function CodeEditor({ label, value, remarks, field, hint, onChange }: {
  readonly label: string;
  readonly value: string;
  readonly remarks: readonly TemplateRemark[];
  readonly field: Ref<HTMLTextAreaElement>;
  readonly hint?: ReactNode;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  const marked = linesOf(remarks);
  const count = value.split('\n').length;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="editor">
        <ol className="gutter" aria-hidden="true">
          {Array.from({ length: count }, (_, line) => (
            <li key={line} className={marked.has(line + 1) ? (marked.get(line + 1) ? 'wrong' : 'warned') : undefined}>{line + 1}</li>
          ))}
        </ol>
        <textarea id={id} ref={field} className="mono" wrap="off" spellCheck={false} autoComplete="off" autoCapitalize="off" rows={count + 1}
          aria-invalid={remarks.some(({ isWarning }) => !isWarning) || undefined} aria-describedby={hint ? `${id}-hint` : undefined}
          value={value} onChange={(event) => onChange(event.target.value)} />
      </div>
      {hint && <div className="hint" id={`${id}-hint`}>{hint}</div>}
    </div>
  );
}
