import { useEffect, useState } from 'react';
import { IconButton } from './Button';
import { toast } from './toasts';

/** Copies a text; says so in place and to screen readers. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    if (await toClipboard(text)) setDone(true);
    else toast('The browser would not copy: select the text and copy it yourself.', 'danger');
  };
  return (
    <>
      <IconButton icon={done ? 'check' : 'copy'} label={done ? 'Copied' : label} small onClick={() => void copy()} />
      <span className="unseen" role="status">{done ? 'Copied' : ''}</span>
    </>
  );
}

/** A command line, to be copied; with `wrap` a long one, with `lines` a text of several. */
export function Command({ text, wrap = false, lines = false, label = 'Copy the command' }: {
  readonly text: string;
  readonly wrap?: boolean;
  readonly lines?: boolean;
  readonly label?: string;
}) {
  return (
    <div className={lines ? 'command lines' : 'command'}>
      <code className={wrap ? 'wrap' : ''} tabIndex={0}>{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  );
}

// The clipboard is there only in secure contexts; a hub on a laptop's plain http is one only by the name localhost.
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'unseen';
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
