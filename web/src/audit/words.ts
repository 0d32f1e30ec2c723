import type { AuditEntry } from '../api/audit';

/** Who did it. What has no account came from an address, or the hub did it by itself. */
export const whoOf = ({ actor, address }: Pick<AuditEntry, 'actor' | 'address'>) => actor ?? (address ? 'stranger' : 'the hub');

export const isTask = ({ target }: Pick<AuditEntry, 'target'>) => target?.startsWith('task:') ?? false;

/** What it was done to. A task has an id that says nothing to people, and in the entry the name that it had then. */
export const targetOf = ({ target, detail }: Pick<AuditEntry, 'target' | 'detail'>) =>
  target && isTask({ target }) && detail?.['name'] ? `task ${detail['name']}` : target ?? '';
