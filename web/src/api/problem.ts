/** Whether something was asked for that is not there: its name is then only what somebody typed. */
export const isMissing = (error: unknown) => error instanceof Problem && error.isMissing;

/** An answer of the hub that is no success (RFC 9457), or no answer at all. The message is for people. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId?: string,
  ) {
    super(message);
    this.name = 'Problem';
  }

  /** Whether it is not there, or not for this caller, which look the same. */
  get isMissing(): boolean {
    return this.status === 404;
  }

  static readonly unreachable = 'The hub cannot be reached: it may be restarting, or this machine may be offline.';

  static async of(response: Response): Promise<Problem> {
    const body: unknown = await response.json().catch(() => undefined);
    const { code, detail, requestId } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const message = typeof detail === 'string' ? detail : `The hub answered ${String(response.status)} ${response.statusText}.`;
    return new Problem(response.status, typeof code === 'string' ? code : 'failed', message, typeof requestId === 'string' ? requestId : undefined);
  }

  static ofFailure(failure: unknown): Problem {
    if (failure instanceof Problem) return failure;
    if (failure instanceof DOMException && failure.name === 'TimeoutError') return new Problem(0, 'timeout', 'The hub did not answer within ten seconds.');
    return new Problem(0, 'unreachable', Problem.unreachable);
  }
}
