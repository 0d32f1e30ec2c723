import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tunnelsApi, type RequestSummary } from '../api/tunnels';
import { by24, bytes, milliseconds } from '../design/words';
import { Badge, type Tone } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { Table, type Column } from '../design/Table';
import { Live } from './parts';
import { RequestDialog } from './RequestDialog';
import { tunnelKey } from './useTunnels';
import { useEvents } from './useEvents';

const mostKept = 500;

export const requestsKey = (name: string) => [...tunnelKey(name), 'requests'];

/** The last requests of a tunnel, as they come. What they said, and sending them again, is for those who may change the tunnel. */
export function Inspector({ name, mayOpen }: { readonly name: string; readonly mayOpen: boolean }) {
  const queries = useQueryClient();
  const [shown, setShown] = useState<string>();
  const query = useQuery({ queryKey: requestsKey(name), queryFn: () => tunnelsApi.requests(name), refetchInterval: false });
  const liveness = useEvents(`?tunnel=${encodeURIComponent(name)}&requests=${encodeURIComponent(name)}`, {
    request: (data) => {
      const request = data as RequestSummary;
      queries.setQueryData<RequestSummary[]>(requestsKey(name), (known) =>
        known && !known.some(({ id }) => id === request.id) ? [request, ...known].slice(0, mostKept) : known);
    },
    tunnel: () => void queries.invalidateQueries({ queryKey: tunnelKey(name), exact: true }),
  }, () => void queries.invalidateQueries({ queryKey: requestsKey(name) }));

  const columns: readonly Column<RequestSummary>[] = [
    { key: 'status', title: 'Status', width: '5rem', sort: ({ status }) => Number(status), cell: ({ status }) => <Status status={Number(status)} /> },
    {
      key: 'target', title: 'Request', sort: ({ target }) => target,
      cell: (request) => (
        <>
          {mayOpen
            ? <button type="button" className="name truncate mono" onClick={() => setShown(request.id)}>{request.method} {request.target}</button>
            : <span className="truncate mono">{request.method} {request.target}</span>}
          <span className="under truncate">{request.error ?? new Date(request.at).toLocaleTimeString('en', by24)}{request.remote && ` · ${request.remote}`}</span>
        </>
      ),
    },
    { key: 'time', title: 'Time', width: '6rem', end: true, sort: (request) => Number(request.milliseconds), cell: (request) => <span className="numeric">{milliseconds(Number(request.milliseconds))}</span> },
    { key: 'in', title: 'Received', width: '6rem', end: true, wideOnly: true, sort: ({ bytesIn }) => Number(bytesIn), cell: ({ bytesIn }) => <span className="numeric">{bytes(Number(bytesIn))}</span> },
    { key: 'out', title: 'Sent', width: '6rem', end: true, wideOnly: true, sort: ({ bytesOut }) => Number(bytesOut), cell: ({ bytesOut }) => <span className="numeric">{bytes(Number(bytesOut))}</span> },
  ];

  return (
    <>
      <Loaded query={query} lines={5}>
        {(rows) => (
          <Table
            label={`Requests of ${name}`}
            noun="requests"
            rows={rows}
            columns={columns}
            keyOf={({ id }) => id}
            textOf={({ method, target, status, remote, error }) => `${method} ${target} ${String(status)} ${remote ?? ''} ${error ?? ''}`}
            tools={<Live liveness={liveness} />}
            empty={
              <Empty icon="search" title="No requests yet">
                Open the tunnel's address, and each request appears here with {mayOpen ? 'its headers and bodies; it can be sent again from here.' : 'how it was answered.'}
              </Empty>
            }
          />
        )}
      </Loaded>
      {shown !== undefined && <RequestDialog tunnel={name} id={shown} onShow={setShown} onClose={() => setShown(undefined)} />}
    </>
  );
}

export function Status({ status }: { readonly status: number }) {
  const tone: Tone | undefined = status === 0 || status >= 500 ? 'danger' : status >= 400 ? 'warn' : status >= 300 ? 'info' : 'ok';
  return <Badge tone={tone}>{status === 0 ? 'left' : status}</Badge>;
}
