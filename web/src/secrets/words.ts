const mostBytes = 64 * 1024;

/** Why a text is no name of a secret; undefined when it is one. */
export const secretNameRefusal = (name: string): string | undefined =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) ? undefined : 'A name has 1 to 63 of a-z, 0-9 and hyphens inside.';

/** Why a text is no value; undefined when it is one. */
export const secretValueRefusal = (value: string): string | undefined =>
  value === '' ? 'A value is not empty.' : new TextEncoder().encode(value).length > mostBytes ? 'A value has at most 64 KiB.' : undefined;

/** The text of a file that a value is taken from, every byte of it. Fails with one sentence when it can be none. */
export async function secretOfFile(file: File): Promise<string> {
  if (file.size > mostBytes) throw new Error(`${file.name} has more than the 64 KiB that a secret may have.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch (failure) {
    throw new Error(failure instanceof TypeError ? `${file.name} is no UTF-8; variables hold text.` : `${file.name} cannot be read.`, { cause: failure });
  }
}
