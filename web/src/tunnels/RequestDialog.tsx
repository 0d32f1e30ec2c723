import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tunnelsApi, type HeaderField, type InspectedRequest } from '../api/tunnels';
import { Button } from '../design/Button';
import { CopyButton } from '../design/Copy';
import { Dialog } from '../design/Dialog';
import { Segments } from '../design/Field';
import { by24, bytes, milliseconds } from '../design/words';
import { Failure, Notice, Skeleton } from '../design/States';
import { toast } from '../design/toasts';
import { readBody } from './bodies';
import { requestsKey, Status } from './Inspector';
import './request.css';

/** One request in full: headers and bodies of both directions; can be sent again. */
export function RequestDialog({ tunnel, id, onShow, onClose }: {
  readonly tunnel: string;
  readonly id: string;
  readonly onShow: (id: string) => void;
  readonly onClose: () => void;
}) {
  const queries = useQueryClient();
  const query = useQuery({ queryKey: [...requestsKey(tunnel), id], queryFn: () => tunnelsApi.request(tunnel, id), staleTime: Number.POSITIVE_INFINITY });
  const replay = useMutation({
    mutationFn: () => tunnelsApi.replay(tunnel, id),
    onSuccess: (made) => {
      queries.setQueryData([...requestsKey(tunnel), made.summary.id], made);
      toast(`Sent again: ${String(made.summary.status)} after ${milliseconds(Number(made.summary.milliseconds))}.`);
      onShow(made.summary.id);
      void queries.invalidateQueries({ queryKey: requestsKey(tunnel), exact: true });
    },
  });
  return (
    <Dialog title="Request" onClose={onClose} broad>
      {query.data ? (
        <div className="stack">
          <Head request={query.data} />
          {query.data.replayOf && <Notice>This is another one sent again. <Button size="small" onClick={() => onShow(query.data.replayOf ?? '')}>Show that one</Button></Notice>}
          {replay.error && <Failure error={replay.error} />}
          <div className="row">
            <Button icon="replay" busy={replay.isPending} onClick={() => replay.mutate()}>Send it again</Button>
            <span className="faint">as it came, from the hub itself</span>
          </div>
          <Sides request={query.data} />
        </div>
      ) : query.isError ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton lines={8} onRetry={() => void query.refetch()} />}
    </Dialog>
  );
}

function Head({ request: { summary } }: { readonly request: InspectedRequest }) {
  return (
    <div className="stack tight">
      <div className="row"><Status status={Number(summary.status)} /><code className="request-line">{summary.method} {summary.target}</code></div>
      <div className="faint">
        {new Date(summary.at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium', ...by24 })} · {milliseconds(Number(summary.milliseconds))} · {bytes(Number(summary.bytesIn))} in, {bytes(Number(summary.bytesOut))} out
        {summary.remote && <> · {summary.remote}</>} · <span className="mono">{summary.id}</span>
      </div>
      {summary.error && <Notice kind="warn">{summary.error}</Notice>}
    </div>
  );
}

function Sides({ request }: { readonly request: InspectedRequest }) {
  const [side, setSide] = useState<'response' | 'request'>('response');
  const isResponse = side === 'response';
  return (
    <div className="stack">
      <Segments label="Direction" value={side} onChange={setSide} options={[{ value: 'response', text: 'Response' }, { value: 'request', text: 'Request' }]} />
      <Headers fields={isResponse ? request.responseHeaders : request.requestHeaders} />
      <Body
        content={(isResponse ? request.responseBody : request.requestBody) ?? null}
        headers={isResponse ? request.responseHeaders : request.requestHeaders}
        truncated={(isResponse ? request.responseBodyTruncated : request.requestBodyTruncated) ?? false}
      />
    </div>
  );
}

function Headers({ fields }: { readonly fields: readonly HeaderField[] }) {
  if (fields.length === 0) return <p className="faint">No headers.</p>;
  return (
    <div className="headers" tabIndex={0} role="region" aria-label="Headers">
      <table>
        <thead className="unseen"><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
        <tbody>
          {fields.map((field, at) => (
            <tr key={at}>
              <th scope="row">{field.name}</th>
              <td>{field.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Body({ content, headers, truncated }: { readonly content: string | null; readonly headers: readonly HeaderField[]; readonly truncated: boolean }) {
  if (!content) return <p className="faint">No body.</p>;
  const read = readBody(content, headers);
  return (
    <div className="stack tight">
      <div className="row apart">
        <span className="faint">{read.kind}{truncated && ', its beginning only'}</span>
        <CopyButton text={read.text} label="Copy the body" />
      </div>
      <pre className="request-body" tabIndex={0}>{read.text}</pre>
    </div>
  );
}
