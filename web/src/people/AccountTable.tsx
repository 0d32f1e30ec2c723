import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useDeferredValue, useState, type ReactNode } from 'react';
import { peopleApi, type Account, type AccountKind } from '../api/people';
import { Icon } from '../design/Icon';
import { Failure, Skeleton } from '../design/States';
import { Table, type Column } from '../design/Table';

export const accountsKey = ['accounts'];

/** All accounts of a kind. The hub searches, and sends what is scrolled to. */
export function AccountTable({ kind, label, noun, columns, empty }: {
  readonly kind: AccountKind;
  readonly label: string;
  readonly noun: string;
  readonly columns: readonly Column<Account>[];
  readonly empty: ReactNode;
}) {
  const [typed, setTyped] = useState('');
  const q = useDeferredValue(typed.trim());
  const query = useInfiniteQuery({
    queryKey: [...accountsKey, { kind, q }],
    queryFn: ({ pageParam }) => peopleApi.accounts(kind, q, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <>
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        <Table
          label={label}
          noun={hasNextPage ? `${noun} so far` : noun}
          rows={query.data.pages.flatMap((page) => page.items)}
          columns={columns}
          keyOf={({ name }) => name}
          onEnd={more}
          tools={
            <div className="search">
              <Icon name="search" size={16} />
              <input className="input" type="search" aria-label={`Search ${noun}`} placeholder={`Search ${noun}`} value={typed} onChange={(event) => setTyped(event.target.value)} />
            </div>
          }
          empty={q ? <p className="nothing">Nothing matches “{q}”.</p> : empty}
        />
      ) : query.isPending && <div className="panel"><div className="body"><Skeleton lines={6} onRetry={() => void query.refetch()} /></div></div>}
    </>
  );
}
