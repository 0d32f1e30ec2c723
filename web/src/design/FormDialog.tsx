import { useState, type ReactNode } from 'react';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Notice } from './States';

/** A form in a dialog: sent once, closed when it worked; what failed is said inside, with everything typed still there. */
export function FormDialog({ title, action, broad = false, ready, onSubmit, onClose, children }: {
  readonly title: string;
  readonly action: string;
  readonly broad?: boolean;
  /** Asked on sending: whether everything is as it must be; fields then show what is not. */
  readonly ready: () => boolean;
  /** Resolves to false when the dialog is to stay. */
  readonly onSubmit: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async () => {
    if (busy || !ready()) return;
    setBusy(true);
    setError(undefined);
    try {
      if ((await onSubmit()) !== false) onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} broad={broad}>
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}>
        {children}
        {error && <Notice kind="danger">{error}</Notice>}
        <div className="actions">
          <Button type="submit" kind="primary" busy={busy}>{action}</Button>
          <Button kind="quiet" onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
