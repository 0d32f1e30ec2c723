import type { TemplateField } from '../api/templates';
import { CheckField, SelectField, TextField } from '../design/Field';

/** A parameter of a template as a field: what may be said, its default, and who may say it. */
export function ParameterField({ field, value, error, onChange }: {
  readonly field: TemplateField;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  const label = field.label ?? field.name;
  const hint = [field.description, !field.isAllowed && 'You may not choose it; the template’s value holds.'].filter(Boolean).join(' ');
  const common = { label, disabled: !field.isAllowed, ...(hint && { hint }) };
  if (field.type === 'boolean') {
    return <CheckField {...common} checked={(value || field.default) === 'true'} onChange={(event) => onChange(event.target.checked ? 'true' : 'false')} />;
  }
  if (field.type === 'choice') {
    const chosen = field.choices?.find((choice) => choice.value === (value || field.default));
    return (
      <SelectField {...common} hint={chosen?.description ?? common.hint} value={value || (field.default ?? '')} onChange={(event) => onChange(event.target.value)} error={error}>
        {!field.default && <option value="">Choose one</option>}
        {field.choices?.map((choice) => <option key={choice.value} value={choice.value} disabled={!choice.isAllowed}>{choice.label ?? choice.value}{choice.isAllowed ? '' : ' (not for you)'}</option>)}
      </SelectField>
    );
  }
  const hasDefault = field.default !== null && field.default !== undefined;
  return (
    <TextField {...common} optional={hasDefault} spellCheck={false} autoComplete="off" placeholder={field.default ?? ''} value={value} error={error}
      {...(field.type === 'number' && { inputMode: field.isInteger ? 'numeric' as const : 'decimal' as const })}
      {...(field.maxLength && { maxLength: field.maxLength })}
      onChange={(event) => onChange(event.target.value)} />
  );
}
