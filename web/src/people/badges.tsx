import { Badge } from '../design/Page';

export function RoleBadge({ role }: { readonly role: string }) {
  return <Badge tone={role === 'admin' ? 'accent' : role === 'auditor' ? 'info' : undefined}>{role}</Badge>;
}

export function StateBadge({ state }: { readonly state: string }) {
  return <Badge tone={state === 'active' ? 'ok' : state === 'disabled' ? 'danger' : 'warn'}>{state}</Badge>;
}
