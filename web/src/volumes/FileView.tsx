import { useMemo, type ReactNode } from 'react';
import { volumesApi, type FileEntry, type VolumeName } from '../api/volumes';
import { CopyButton } from '../design/Copy';
import { Segments } from '../design/Field';
import { Icon } from '../design/Icon';
import { Moment } from '../design/Moment';
import { Empty, Loaded } from '../design/States';
import { bytes } from '../design/words';
import { useSearchParams } from 'wouter';
import { mostOf, nameOfPath, textOf, viewOf, visible, type ViewKind } from './content';
import { CsvView } from './CsvView';
import { csvOf } from './csv';
import { Lines } from './Lines';
import { NotebookView } from './NotebookView';
import { notebookOf } from './notebook';
import { Picture } from './Picture';
import { useContent } from './useContent';

/**
 * A file, as far as it can be shown. Whoever wrote it may mean harm: it is text, cells of a table, or a picture made of its bytes, and never a
 * document of its own; nothing that it names is asked for.
 */
export function FileView({ of, snapshot, path, entry }: { readonly of: VolumeName; readonly snapshot: string; readonly path: string; readonly entry: FileEntry }) {
  const [search, setSearch] = useSearchParams();
  const kind = viewOf(entry.name);
  const hasTwo = kind === 'table' || kind === 'notebook';
  const view: ViewKind = hasTwo && search.get('as') === 'text' ? 'text' : kind;
  const size = entry.bytes ?? 0;
  const canShow = entry.type === 'file' && size <= mostOf(view);
  return (
    <section className="panel" aria-label={visible(entry.name)}>
      <header>
        <p className="row"><span className="numeric">{bytes(size)}</span>{entry.modified && <span>changed <Moment at={entry.modified} /></span>}</p>
        <div className="row">
          {hasTwo && (
            <Segments label="Shown as" value={view === 'text' ? 'text' : 'itself'} options={[{ value: 'itself', text: kind === 'table' ? 'Table' : 'Notebook' }, { value: 'text', text: 'Text' }]} onChange={(to) => setSearch((now) => {
              const next = new URLSearchParams(now);
              if (to === 'text') next.set('as', 'text');
              else next.delete('as');
              return next;
            })} />
          )}
          {entry.type === 'file' && <a className="button small" href={volumesApi.contentUrl(of, snapshot, path)} download={nameOfPath(path)}><Icon name="download" size={16} /> Download</a>}
        </div>
      </header>
      {entry.type === 'link' ? <Unshown title="A link">It leads to {visible(entry.target ?? '')}, on the machine that has the files.</Unshown>
        : size === 0 ? <Unshown title="An empty file" />
        : canShow ? <Content of={of} snapshot={snapshot} path={path} view={view} />
        : <Unshown title="Too large to be shown here">It has {bytes(size)}, and at most {bytes(mostOf(view))} are shown: download it.</Unshown>}
    </section>
  );
}

const Unshown = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => <Empty icon="template" title={title}>{children}</Empty>;

function Content({ of, snapshot, path, view }: { readonly of: VolumeName; readonly snapshot: string; readonly path: string; readonly view: ViewKind }) {
  const query = useContent(of, snapshot, path, mostOf(view));
  return (
    <Loaded query={query} lines={6}>
      {(content) => ('isTooLarge' in content ? <Unshown title="Too large to be shown here">It has more than it said: download it.</Unshown>
        : view === 'picture' ? <Picture bytes={content.bytes} label={visible(nameOfPath(path))} otherwise={<Unshown title="No picture that is shown">By its first bytes it is no PNG, JPEG, GIF or WebP. Download it.</Unshown>} />
        : <Words bytes={content.bytes} view={view} />)}
    </Loaded>
  );
}

function Words({ bytes: raw, view }: { readonly bytes: Uint8Array; readonly view: ViewKind }) {
  const text = useMemo(() => textOf(raw), [raw]);
  const table = useMemo(() => (view === 'table' && text !== undefined ? csvOf(text) : undefined), [text, view]);
  const notebook = useMemo(() => (view === 'notebook' && text !== undefined ? notebookOf(text) : undefined), [text, view]);
  if (text === undefined) return <Unshown title="Not text">Its bytes are no text in UTF-8. Download it.</Unshown>;
  if (table) return <CsvView table={table} />;
  if (notebook) return <NotebookView notebook={notebook} />;
  if (view === 'notebook' && raw.length > mostOf('text')) return <Unshown title="No notebook">It cannot be read as one. Download it.</Unshown>;
  return <><div className="volume-copy"><CopyButton text={text} label="Copy the text" /></div><Lines text={text} /></>;
}
