import { useMemo } from 'react';
import { visible } from './content';
import { linesOf } from './diff';

/** A text with the numbers of its lines. Two texts side by side, not an element a line: a file may be nothing but ends of lines. */
export function Lines({ text }: { readonly text: string }) {
  const [shown, numbers] = useMemo(() => {
    const all = visible(text);
    return [all, Array.from({ length: linesOf(all).length }, (_, at) => at + 1).join('\n')];
  }, [text]);
  return (
    <div className="volume-text" tabIndex={0} role="region" aria-label="Content">
      <pre className="numbers" aria-hidden="true">{numbers}</pre>
      <pre>{shown}</pre>
    </div>
  );
}
