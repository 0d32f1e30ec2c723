import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { templatesApi, type Template } from '../api/templates';
import { useSession } from '../app/session';
import { ButtonLink } from '../design/Button';
import { Icon } from '../design/Icon';
import { Badge, Page } from '../design/Page';
import { Empty, Loaded } from '../design/States';
import { priceOf } from './launch';
import { templatesKey } from '../templates/keys';
import './launch.css';

const manyTemplates = 8;

/** What can be started: a card for each template. */
export default function Launch() {
  const { role } = useSession();
  const query = useQuery({ queryKey: templatesKey, queryFn: templatesApi.list });
  const [filter, setFilter] = useState('');
  return (
    <Page title="Launch" crumb={{ to: '/tasks', text: 'Tasks' }} lead="Choose what to start. It runs on a machine that has room, and only you can use it until you share it.">
      <Loaded query={query} lines={5}>
        {(templates) => {
          const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
          const usable = templates.filter(({ version, isHidden }) => version !== null && version !== undefined && !isHidden);
          const shown = usable.filter(({ name, slug, description }) => words.every((word) => `${name} ${slug} ${description ?? ''}`.toLowerCase().includes(word)));
          if (usable.length === 0) {
            return (
              <div className="panel">
                <Empty icon="template" title="No templates yet" action={role === 'admin' && <ButtonLink to="/templates" icon="plus">Write one</ButtonLink>}>
                  A template says what can be started and with which choices. Admins write them.
                </Empty>
              </div>
            );
          }
          return (
            <>
              {usable.length > manyTemplates && (
                <div className="list">
                  <div className="search">
                    <Icon name="search" size={16} />
                    <input className="input" type="search" placeholder="Filter templates" aria-label="Filter templates" value={filter} onChange={(event) => setFilter(event.target.value)} />
                  </div>
                </div>
              )}
              {shown.length === 0 ? <p className="muted" role="status">None of {usable.length} templates matches “{filter}”.</p> : (
                <ul className="cards">
                  {shown.map((template) => <li key={template.slug}><Card template={template} /></li>)}
                </ul>
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Card({ template }: { readonly template: Template }) {
  const { slug, name, description, kind, problem, deprecated, pricePerHour, currency } = template;
  const text = (
    <>
      <span className="card-name">{name}</span>
      <span className="card-text">{problem ? 'This hub cannot use it: an admin has to mend it.' : description}</span>
      <span className="row">
        <Badge>{kind === 'job' ? 'job' : 'session'}</Badge>
        {deprecated && <Badge tone="warn">going away</Badge>}
        {problem && <Badge tone="danger">broken</Badge>}
        {pricePerHour !== null && pricePerHour !== undefined && <span className="faint numeric">{priceOf(pricePerHour, currency)}</span>}
      </span>
    </>
  );
  return problem ? <div className="card broken">{text}</div> : <Link to={`/launch/${slug}`} className="card">{text}</Link>;
}
