export const routesKey = ['external-routes'];

const origin = /^https?:\/\/[^/\s]+$/;

/** The origins that somebody typed: one a line, or with commas. */
export const originsOf = (text: string) => text.split(/[\s,]+/).filter(Boolean).map((one) => one.replace(/\/$/, ''));

/** What is wrong with them; the hub checks again. */
export function originsRefusal(text: string): string | undefined {
  const all = originsOf(text);
  if (all.length === 0) return 'Where are its visitors?';
  return all.every((one) => origin.test(one)) ? undefined : 'Scheme, host and where needed port, one a line: https://wiki.example.com';
}
