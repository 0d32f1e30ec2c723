import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Button, IconButton } from './Button';
import { Notice } from './States';

/**
 * A dialog of the platform: focus stays inside, Escape closes it, and focus returns to where it was. It is there only while it is shown;
 * whoever shows it decides.
 */
export function Dialog({ title, onClose, broad = false, once, children }: {
  readonly title: string;
  readonly onClose: () => void;
  readonly broad?: boolean;
  /** What is lost with it: said at the first try to close it otherwise than by a button of its content; the second closes it. */
  readonly once?: string;
  readonly children: ReactNode;
}) {
  const [warned, setWarned] = useState(false);
  const leave = () => {
    if (once && !warned) setWarned(true);
    else onClose();
  };
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    const dialog = ref.current;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>('[autofocus], input:not([type=hidden]), select, textarea')?.focus();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={`dialog ${broad ? 'broad' : ''}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      // A browser heeds the line above once: a second Escape closes the dialog whatever a page says.
      onClose={(event) => {
        if (!event.currentTarget.open) onClose();
      }}
      onMouseDown={(event) => {
        // Beside the dialog is outside of its content, which fills it.
        if (event.target === event.currentTarget) leave();
      }}
    >
      <header>
        <h2 id={heading}>{title}</h2>
        <IconButton icon="cross" label="Close" small onClick={leave} />
      </header>
      {warned && <div className="body"><Notice kind="warn">{once}</Notice></div>}
      <div className="body">{children}</div>
    </dialog>
  );
}

/** Asks before something that cannot be taken back; what failed is said inside, and can be tried again. */
export function Confirm({ title, children, action, onConfirm, onClose }: {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">
        <div className="muted">{children}</div>
        {error && <Notice kind="danger">{error}</Notice>}
        <div className="row">
          <Button kind="danger" busy={busy} onClick={() => void confirm()}>{action}</Button>
          <Button kind="quiet" onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}
