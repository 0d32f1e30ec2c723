import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Link } from 'wouter';
import { Icon, type IconName } from './Icon';

interface Look {
  readonly kind?: 'primary' | 'danger' | 'quiet';
  readonly size?: 'small' | 'wide';
  readonly icon?: IconName;
}

const classOf = ({ kind, size }: Look, extra?: string) => ['button', kind, size, extra].filter(Boolean).join(' ');

/** A button. `busy` keeps it in place, says so, and swallows further presses: nothing is sent twice. */
export function Button({
  kind, size, icon, busy = false, children, className, onClick, type = 'button', ...rest
}: Look & ButtonHTMLAttributes<HTMLButtonElement> & { readonly busy?: boolean; readonly children: ReactNode }) {
  return (
    <button
      {...rest}
      type={type}
      className={classOf({ ...(kind && { kind }), ...(size && { size }) }, className)}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon && <Icon name={icon} size={16} />}
      {children}
      {busy && <span className="unseen">, working</span>}
    </button>
  );
}

/** A button that is only a picture; `label` is what it is called. */
export function IconButton({
  icon, label, small = false, kind = 'quiet', ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { readonly icon: IconName; readonly label: string; readonly small?: boolean; readonly kind?: 'quiet' | 'danger'; readonly ref?: Ref<HTMLButtonElement> }) {
  return (
    <button type="button" {...rest} className={classOf({ kind }, small ? 'icon small' : 'icon')} aria-label={label} title={label}>
      <Icon name={icon} size={small ? 16 : 18} />
    </button>
  );
}

/** A link within the interface that looks like a button. */
export function ButtonLink({ to, kind, size, icon, children }: Look & { readonly to: string; readonly children: ReactNode }) {
  return (
    <Link to={to} className={classOf({ ...(kind && { kind }), ...(size && { size }) })}>
      {icon && <Icon name={icon} size={16} />}
      {children}
    </Link>
  );
}

/** A link to somewhere else, in a window of its own that knows nothing of this one. */
export function Elsewhere({ href, children, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string; readonly children: ReactNode }) {
  return (
    <a {...rest} href={href} target="_blank" rel="noopener noreferrer">
      {children}
      <span className="unseen"> (opens in a new window)</span>
    </a>
  );
}
