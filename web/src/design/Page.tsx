import { useEffect, useState, type ReactNode } from 'react';
import { Link } from 'wouter';

/** A page: its heading (also the window's title), what can be done, and its content. */
export function Page({ title, heading, lead, crumb, actions, children }: {
  readonly title: string;
  readonly heading?: ReactNode;
  readonly lead?: ReactNode;
  readonly crumb?: { readonly to: string; readonly text: string };
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Adit`;
  }, [title]);
  return (
    <div className="page">
      <header>
        <div>
          {crumb && <nav className="crumbs" aria-label="Above"><Link to={crumb.to}>{crumb.text}</Link> /</nav>}
          <h1>{heading ?? title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

const mostLead = 320;

/** A text that people wrote, of which a page's head shows the beginning. */
export function Long({ text }: { readonly text: string }) {
  const [whole, setWhole] = useState(false);
  if (text.length <= mostLead) return text;
  return (
    <>
      {whole ? text : `${text.slice(0, mostLead).trimEnd()}… `}{' '}
      <button type="button" className="more" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? 'less' : 'more'}</button>
    </>
  );
}

export function Panel({ title, lead, actions, bare = false, children }: {
  readonly title?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** Without room around its content, for what brings its own. */
  readonly bare?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className="panel">
      {(title || actions) && (
        <header>
          <div>
            <h2>{title}</h2>
            {lead && <p>{lead}</p>}
          </div>
          {actions && <div className="row">{actions}</div>}
        </header>
      )}
      {bare ? children : <div className="body">{children}</div>}
    </section>
  );
}

export function Facts({ items }: { readonly items: readonly (readonly [string, ReactNode] | false | null | undefined)[] }) {
  return (
    <dl className="facts">
      {items.map((item) => item && (
        <div key={item[0]} style={{ display: 'contents' }}>
          <dt>{item[0]}</dt>
          <dd>{item[1]}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Figures({ items }: { readonly items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <div className="figures">
      {items.map(([name, value]) => (
        <div key={name}>
          <div className="value">{value}</div>
          <div className="name">{name}</div>
        </div>
      ))}
    </div>
  );
}

export type Tone = 'ok' | 'warn' | 'danger' | 'info' | 'accent';

export function Badge({ tone, children }: { readonly tone?: Tone | undefined; readonly children: ReactNode }) {
  return <span className={`badge ${tone ?? ''}`}>{children}</span>;
}

/** The parts of a page that has several; each is an address of its own. */
export function Tabs({ label, items, current }: { readonly label: string; readonly items: readonly { readonly to: string; readonly text: string }[]; readonly current: string }) {
  return (
    <nav className="tabs" aria-label={label}>
      {items.map((item) => (
        <Link key={item.to} to={item.to} aria-current={item.to === current ? 'page' : undefined}>{item.text}</Link>
      ))}
    </nav>
  );
}
