import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { IconButton } from '../design/Button';
import { Segments } from '../design/Field';
import { Icon, Mark, type IconName } from '../design/Icon';
import { useTheme } from '../design/theme';
import { toast } from '../design/toasts';
import { Warnings } from '../tasks/Warnings';
import { nameOf, useSession, useSignOut } from './session';

interface Place {
  readonly to: string;
  readonly text: string;
  readonly icon: IconName;
  readonly staff?: boolean;
}

const places: readonly Place[] = [
  { to: '/', text: 'Home', icon: 'home' },
  { to: '/tasks', text: 'Tasks', icon: 'task' },
  { to: '/tunnels', text: 'Tunnels', icon: 'tunnel' },
  { to: '/volumes', text: 'Volumes', icon: 'volume' },
  { to: '/templates', text: 'Templates', icon: 'template' },
  { to: '/runners', text: 'Runners', icon: 'runner' },
  { to: '/projects', text: 'Projects', icon: 'project' },
  { to: '/usage', text: 'Usage', icon: 'usage' },
  { to: '/tokens', text: 'Tokens', icon: 'token' },
  { to: '/access', text: 'Who can open what', icon: 'door' },
  { to: '/people', text: 'People', icon: 'people', staff: true },
  { to: '/audit', text: 'Audit log', icon: 'audit', staff: true },
  { to: '/settings', text: 'Settings', icon: 'settings', staff: true },
];

/** What stands around every page: where one can go, and who one is. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setOpen(false);
    // As with a page that is loaded: reading starts at the top of what is new.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <div className="shell" onKeyDown={(event) => {
      if (!open || event.key !== 'Escape') return;
      setOpen(false);
      toggle.current?.focus();
    }}>
      <a className="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        main.current?.focus();
      }}>
        Skip to the content
      </a>
      <header className="bar">
        <Link to="/" className="brand" aria-label="Adit, home"><Mark /><span>Adit</span></Link>
        <IconButton ref={toggle} icon={open ? 'cross' : 'menu'} label={open ? 'Close the menu' : 'Open the menu'} aria-expanded={open} onClick={() => setOpen(!open)} />
      </header>
      <div className={`rail ${open ? 'open' : ''}`}>
        <Link to="/" className="brand wide" aria-label="Adit, home"><Mark /><span>Adit</span></Link>
        <Places path={path} />
        <Foot />
      </div>
      <main id="content" ref={main} tabIndex={-1}><Warnings />{children}</main>
    </div>
  );
}

function Places({ path }: { readonly path: string }) {
  const { role } = useSession();
  return (
    <nav aria-label="Main">
      <ul>
        {places.filter((place) => !place.staff || role !== 'user').map((place) => {
          const here = place.to === '/' ? path === '/' : path === place.to || path.startsWith(`${place.to}/`) || (place.to === '/tasks' && /^\/launch(\/|$)/.test(path)) || (place.to === '/runners' && path === '/add-runner');
          return (
            <li key={place.to}>
              <Link to={place.to} aria-current={here ? 'page' : undefined}>
                <Icon name={place.icon} />
                {place.text}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Foot() {
  const session = useSession();
  const [theme, setTheme] = useTheme();
  const signOut = useSignOut();
  const leave = async () => {
    try {
      await signOut();
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : 'Signing out failed.', 'danger');
    }
  };
  return (
    <div className="foot">
      <Segments
        label="Theme"
        value={theme}
        onChange={setTheme}
        options={[
          { value: 'light', text: <Icon name="sun" size={16} />, label: 'Light' },
          { value: 'dark', text: <Icon name="moon" size={16} />, label: 'Dark' },
          { value: 'system', text: <Icon name="screen" size={16} />, label: 'As the system' },
        ]}
      />
      <div className="me">
        <Link to="/account" title="My account">
          <Initials name={nameOf(session)} />
          <span>
            <span className="truncate">{nameOf(session)}</span>
            <span className="truncate faint">{nameOf(session) === session.account ? session.role : session.account}</span>
          </span>
        </Link>
        <IconButton icon="leave" label="Sign out" onClick={() => void leave()} />
      </div>
    </div>
  );
}

export function Initials({ name }: { readonly name: string }) {
  const letters = name.split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => word[0]?.toUpperCase() ?? '').join('');
  return <span className="initials" aria-hidden="true">{letters || '?'}</span>;
}
