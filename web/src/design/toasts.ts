export interface ToastText {
  readonly id: number;
  readonly text: string;
  readonly kind: 'ok' | 'danger';
}

const most = 4;
let next = 1;
let shown: readonly ToastText[] = [];
const listeners = new Set<() => void>();

function set(to: readonly ToastText[]): void {
  shown = to;
  for (const listener of listeners) listener();
}

/** Says in passing that something was done. What must be read belongs beside what it is about. */
export function toast(text: string, kind: ToastText['kind'] = 'ok'): void {
  const id = next++;
  set([...shown, { id, text, kind }].slice(-most));
  setTimeout(() => dismiss(id), kind === 'ok' ? 5000 : 10_000);
}

export function dismiss(id: number): void {
  set(shown.filter((one) => one.id !== id));
}

/** Says nothing of it any more: who reads it next is somebody else. */
export function clearToasts(): void {
  set([]);
}

export const toasts = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  current: () => shown,
};
