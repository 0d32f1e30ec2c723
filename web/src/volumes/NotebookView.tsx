import { useMemo } from 'react';
import { count } from '../design/words';
import { visible, withoutColours } from './content';
import type { Notebook, NotebookCell, NotebookOutput } from './notebook';
import { Picture } from './Picture';

/** A notebook: what was written and what came out, as text and pictures. */
export function NotebookView({ notebook }: { readonly notebook: Notebook }) {
  return (
    <div className="volume-notebook">
      {notebook.cells.map((cell, at) => <Cell key={at} cell={cell} />)}
      <p className="volume-foot">
        {count(notebook.allCells)} {notebook.allCells === 1 ? 'cell' : 'cells'}{notebook.language && `, ${visible(notebook.language)}`}
        {notebook.allCells > notebook.cells.length && `; the first ${count(notebook.cells.length)} are shown`}. Outputs are shown as text and PNG alone.
      </p>
    </div>
  );
}

function Cell({ cell }: { readonly cell: NotebookCell }) {
  const source = useMemo(() => visible(cell.source), [cell]);
  const number = cell.number === undefined ? ' ' : String(cell.number);
  return (
    <div className="volume-cell" role="group" aria-label={`${cell.kind} cell`}>
      <span className="faint mono" aria-hidden={cell.kind !== 'code'}>{cell.kind === 'code' ? `[${number}]` : ''}</span>
      <div>
        {cell.kind === 'markdown' ? <div className="written">{source}</div> : <pre className="code" tabIndex={0}>{source}</pre>}
        {cell.outputs.map((output, at) => <Output key={at} output={output} />)}
      </div>
    </div>
  );
}

function Output({ output }: { readonly output: NotebookOutput }) {
  if (output.kind === 'png') return <Picture bytes={output.bytes} label="Output of the cell" otherwise={<p className="faint">A picture that cannot be shown.</p>} />;
  if (output.kind === 'other') return <p className="faint">Not shown here: {output.types.map(visible).join(', ') || 'an output of no type'}.</p>;
  return <pre className={output.isError ? 'out wrong' : 'out'} tabIndex={0}>{visible(withoutColours(output.text))}</pre>;
}
