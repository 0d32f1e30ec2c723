import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react';
import { Icon } from './Icon';

interface Common {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with the value; shown beside it and told to screen readers. */
  readonly error?: string | undefined;
  readonly optional?: boolean;
}

function Frame({ id, label, hint, error, optional, children }: Common & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {optional && <span className="optional">(optional)</span>}
      </label>
      {children}
      {hint && <div className="hint" id={`${id}-hint`}>{hint}</div>}
      {error && (
        <div className="error" id={`${id}-error`} role="alert">
          <Icon name="warning" size={16} />
          {error}
        </div>
      )}
    </div>
  );
}

const described = (id: string, hint: unknown, error: unknown) =>
  [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;

export function TextField({ label, hint, error, optional, ...input }: Common & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} {...(optional && { optional })}>
      <input {...input} id={id} className={`input ${input.className ?? ''}`} aria-invalid={error ? true : undefined} aria-describedby={described(id, hint, error)} />
    </Frame>
  );
}

export function TextArea({ label, hint, error, optional, ...input }: Common & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} {...(optional && { optional })}>
      <textarea {...input} id={id} className={`input ${input.className ?? ''}`} aria-invalid={error ? true : undefined} aria-describedby={described(id, hint, error)} />
    </Frame>
  );
}

export function SelectField({ label, hint, error, optional, children, ...input }: Common & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} {...(optional && { optional })}>
      <select {...input} id={id} className="input" aria-invalid={error ? true : undefined} aria-describedby={described(id, hint, error)}>
        {children}
      </select>
    </Frame>
  );
}

export function CheckField({ label, hint, ...input }: { readonly label: ReactNode; readonly hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <label className="check">
      <input {...input} type="checkbox" aria-describedby={hint ? id : undefined} />
      <span>
        {label}
        {hint && <span className="hint" id={id}>{hint}</span>}
      </span>
    </label>
  );
}

/** A few choices side by side, of which one is taken. */
export function Segments<T extends string>({ label, value, options, onChange }: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: ReactNode; readonly label?: string }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} aria-label={option.label} title={option.label} onClick={() => onChange(option.value)}>
          {option.text}
        </button>
      ))}
    </div>
  );
}
