/** Why a part of the interface did not come: the hub does not answer, it has a newer interface by now, or neither. */
export type Missing = 'unreachable' | 'newer' | 'broken';

const patienceMs = 10_000;

/** Asks the hub for its page: one that no longer names the script of this window is of a newer interface. */
export async function whyMissing(script: string | undefined): Promise<Missing> {
  try {
    const answer = await fetch('/', { headers: { Accept: 'text/html' }, cache: 'no-store', signal: AbortSignal.timeout(patienceMs) });
    // A proxy that answers for a hub that is away is no hub.
    if (!answer.ok) return 'unreachable';
    const page = await answer.text();
    return script !== undefined && page.includes(new URL(script).pathname) ? 'broken' : 'newer';
  } catch {
    return 'unreachable';
  }
}
