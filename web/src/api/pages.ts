/** A page of a list. */
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly next?: string | null;
}

const mostPages = 100;

/** All pages of a list that fits into memory: the hub's pages are large, so this is rarely more than one request. */
export async function allPages<T>(fetchPage: (cursor: string | undefined) => Promise<PageOf<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { items: some, next } = await fetchPage(cursor);
    items.push(...some);
    if (!next) break;
    cursor = next;
  }
  return items;
}
