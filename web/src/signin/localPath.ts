/**
 * Where to go after signing in: a path of the hub itself, and nothing that a browser could read as another site ("//evil", "/\evil",
 * control characters, user information). Everything else is home.
 */
export function localPath(to: string | null): string {
  if (to === null || to.length > 4096 || !/^\/(?![/\\])/.test(to)) return '/';
  for (const letter of to) {
    const code = letter.codePointAt(0) ?? 0;
    if (code <= 0x20 || code === 0x7f || letter === '\\') return '/';
  }
  const url = new URL(to, location.origin);
  return url.origin === location.origin && url.pathname !== '/sign-in' && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : '/';
}

/** The code of an invitation in a fragment; empty when what is there is none. */
export function codeIn(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return '';
  }
}
