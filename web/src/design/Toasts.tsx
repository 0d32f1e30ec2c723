import { useEffect, useRef, useSyncExternalStore } from 'react';
import { IconButton } from './Button';
import { Icon } from './Icon';
import { dismiss, toasts } from './toasts';

/** Where toasts appear: above everything, open dialogs too, and read out by screen readers. */
export function Toasts() {
  const shown = useSyncExternalStore(toasts.subscribe, toasts.current);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = ref.current;
    if (!place) return;
    // Shown anew, a popover stands above a dialog that was opened after it.
    if (place.matches(':popover-open')) place.hidePopover();
    if (shown.length > 0) place.showPopover();
  }, [shown]);
  return (
    <>
      <div className="unseen" role="status" aria-live="polite">{shown.at(-1)?.text}</div>
      <div ref={ref} className="toasts" popover="manual" aria-label="Messages" role="region">
        {shown.map((one) => (
          <div key={one.id} className={`toast ${one.kind}`}>
            <Icon name={one.kind === 'ok' ? 'check' : 'warning'} />
            <span>{one.text}</span>
            <IconButton icon="cross" label="Dismiss" small onClick={() => dismiss(one.id)} />
          </div>
        ))}
      </div>
    </>
  );
}
