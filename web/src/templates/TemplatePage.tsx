import { useQuery } from '@tanstack/react-query';
import { templatesApi, type Template, type TemplateForm } from '../api/templates';
import { ButtonLink } from '../design/Button';
import { Command } from '../design/Copy';
import { Facts, Page, Panel, Tabs } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { kindOf } from '../tasks/idle';
import { priceOf } from '../tasks/launch';
import { resourcesOf } from '../tasks/words';
import { versionWords } from './documents';
import { TemplateEditor } from './TemplateEditor';
import { TemplateVersions } from './TemplateVersions';
import { Standing } from './Templates';
import { templateKey } from './keys';

/** One template: what it asks for, its document, its versions. */
export default function TemplatePage({ slug, part }: { readonly slug: string; readonly part: string }) {
  // What is being written is not replaced by what somebody else wrote meanwhile: the hub refuses the older one.
  const query = useQuery({ queryKey: templateKey(slug), queryFn: () => templatesApi.find(slug), refetchOnWindowFocus: part !== 'edit' });
  const template = query.data?.value;
  const usable = template && !template.problem && template.version !== null && template.version !== undefined;
  return (
    <Page
      title={template?.name ?? slug}
      crumb={{ to: '/templates', text: 'Templates' }}
      heading={<span className="row">{template?.name ?? slug}{template && <Standing template={template} />}</span>}
      lead={template?.description}
      actions={usable && <ButtonLink to={`/launch/${slug}`} kind="primary">Launch</ButtonLink>}
    >
      <Loaded query={query} lines={6}>
        {({ value, etag }) => <Parts template={value} etag={etag} part={part} />}
      </Loaded>
    </Page>
  );
}

function Parts({ template, etag, part }: { readonly template: Template; readonly etag: string | null; readonly part: string }) {
  const at = `/templates/${template.slug}`;
  const mayChange = template.may?.includes('change') ?? false;
  const shown = part === 'edit' && !mayChange ? 'about' : part;
  return (
    <>
      {template.problem && <Notice kind="danger">{template.problem}</Notice>}
      {template.deprecated && <Notice kind="warn">{template.deprecated}</Notice>}
      <Tabs
        label={`Parts of ${template.slug}`}
        items={[{ to: at, text: 'About' }, { to: `${at}/versions`, text: 'Versions' }, ...(mayChange ? [{ to: `${at}/edit`, text: 'Edit' }] : [])]}
        current={shown === 'about' ? at : `${at}/${shown}`}
      />
      {shown === 'edit' ? <TemplateEditor template={template} etag={etag} /> : shown === 'versions' ? <TemplateVersions template={template} etag={etag} /> : <About template={template} />}
    </>
  );
}

function About({ template }: { readonly template: Template }) {
  const { form } = template;
  return (
    <>
      <Panel title="Facts">
        <Facts items={[
          ['Slug', <code key="slug">{template.slug}</code>],
          ['In use', versionWords(template.version)],
          template.kind ? ['Kind', kindOf(template.kind, form?.idle)] : null,
          form ? ['Size', resourcesOf(form.requests)] : null,
          form ? ['At most', resourcesOf(form.most, 'no limit')] : null,
          template.pricePerHour !== null && template.pricePerHour !== undefined && ['Price', priceOf(template.pricePerHour, template.currency)],
          template.ports?.length ? ['Ports', template.ports.join(', ')] : null,
          template.maxPerUser ? ['For each user', `${template.maxPerUser.toLocaleString('en')} at a time`] : null,
        ]} />
      </Panel>
      {form && <Choices form={form} />}
      <Panel title="By command"><Command text={`adit launch ${template.slug}`} /></Panel>
      {template.yaml && <Panel title="Document" lead={versionWords(template.version)}><Command text={template.yaml} lines label="Copy the document" /></Panel>}
    </>
  );
}

const typeWords: Readonly<Record<string, string>> = { string: 'text', boolean: 'yes or no' };

function Choices({ form }: { readonly form: TemplateForm }) {
  if (form.fields.length === 0) return null;
  return (
    <Panel title="Parameters">
      <Facts items={form.fields.map((field) => [field.label ?? field.name, (
        <div key={field.name}>
          {field.description}{' '}
          <span className="faint">
            {field.type === 'choice' ? field.choices?.map(({ label, value }) => label ?? value).join(', ') : typeWords[field.type] ?? field.type}
            {field.default !== null && field.default !== undefined ? <>, by default {field.default ? <code>{field.default}</code> : 'empty'}</> : ', has to be given'}
            {!field.isAllowed && ', not for you to choose'}
          </span>
        </div>
      )] as const)} />
    </Panel>
  );
}
