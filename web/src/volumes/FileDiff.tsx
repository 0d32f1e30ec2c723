import { useMemo } from 'react';
import { Link } from 'wouter';
import type { PathChange, VolumeName } from '../api/volumes';
import { Panel } from '../design/Page';
import { Empty, Loaded, Notice } from '../design/States';
import { bytes, count } from '../design/words';
import { mostText, shortId, textOf, visible } from './content';
import { diffOf, type DiffLine } from './diff';
import { addressOf, withQuery } from './parts';
import { useContent } from './useContent';

const mostLines = 2000;

/** The lines of a file that differ between two snapshots. */
export function FileDiff({ of, change, from, to }: { readonly of: VolumeName; readonly change: PathChange; readonly from: string; readonly to: string }) {
  const isSmall = (change.bytesBefore ?? 0) <= mostText && (change.bytesAfter ?? 0) <= mostText;
  const link = (at: string, text: string) => <Link to={withQuery(addressOf(of), { at: shortId(at), path: change.path })}>{text}</Link>;
  return (
    <Panel bare title={<span className="mono">{visible(change.path)}</span>} lead={`${bytes(change.bytesBefore ?? 0)} before, ${bytes(change.bytesAfter ?? 0)} after`}
      actions={<>{change.kind !== 'added' && link(from, 'Before')}{change.kind !== 'removed' && link(to, 'After')}</>}>
      {change.kind !== 'changed' ? <Empty icon="template" title={`It was ${change.kind}`}>Lines are compared where the content changed.</Empty>
        : isSmall ? <Both of={of} path={change.path} from={from} to={to} />
        : <Empty icon="template" title="Too large to be compared here">Lines are compared up to {bytes(mostText)}. Download both.</Empty>}
    </Panel>
  );
}

function Both({ of, path, from, to }: { readonly of: VolumeName; readonly path: string; readonly from: string; readonly to: string }) {
  const before = useContent(of, from, path, mostText);
  const after = useContent(of, to, path, mostText);
  return (
    <Loaded query={before} lines={6}>
      {(was) => <Loaded query={after} lines={6}>{(is) => <Compared before={'bytes' in was ? was.bytes : undefined} after={'bytes' in is ? is.bytes : undefined} />}</Loaded>}
    </Loaded>
  );
}

function Compared({ before, after }: { readonly before: Uint8Array | undefined; readonly after: Uint8Array | undefined }) {
  const diff = useMemo(() => {
    const [a, b] = [before && textOf(before), after && textOf(after)];
    return a === undefined || b === undefined ? undefined : diffOf(a, b);
  }, [before, after]);
  if (!diff) return <Empty icon="template" title="Not text">The bytes of one of them are no text in UTF-8: there are no lines to compare.</Empty>;
  if (diff.hunks.length === 0) return <Empty icon="template" title="No line differs">{diff.endDiffers ? 'Only the end of the last line is there in one and not in the other.' : 'Their text is the same.'}</Empty>;
  let left = mostLines;
  const hunks = diff.hunks.flatMap(({ lines }) => {
    const some = lines.slice(0, left);
    left -= some.length;
    return some.length > 0 ? [some] : [];
  });
  const all = diff.hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  return (
    <>
      <div className="volume-diff" tabIndex={0} role="region" aria-label="Lines that differ">
        <table>
          <thead className="unseen"><tr><th scope="col">Line before</th><th scope="col">Line after</th><th scope="col">How</th><th scope="col">Text</th></tr></thead>
          {hunks.map((lines, at) => <tbody key={at}>{lines.map((line, number) => <Line key={number} line={line} />)}</tbody>)}
        </table>
      </div>
      <p className="volume-foot">
        {count(diff.added)} added, {count(diff.removed)} removed{all > mostLines && `; the first ${count(mostLines)} lines of ${count(all)} are shown`}
        {diff.isCoarse && '. They differ so much that lines which stayed may be among those'}.
      </p>
      {all > mostLines && <Notice>Download both to compare the rest.</Notice>}
    </>
  );
}

const marks = { same: '', added: '+', removed: '−' } as const;

function Line({ line: { kind, text, before, after } }: { readonly line: DiffLine }) {
  return (
    <tr className={kind}>
      <td className="number">{before}</td>
      <td className="number">{after}</td>
      <td className="mark">{kind !== 'same' && <span className="unseen">{kind}</span>}<span aria-hidden="true">{marks[kind]}</span></td>
      <td>{visible(text)}</td>
    </tr>
  );
}
