import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tunnelsApi, type EmbedGrant } from '../api/tunnels';
import { Button, IconButton } from '../design/Button';
import { Command } from '../design/Copy';
import { Confirm, Dialog } from '../design/Dialog';
import { SelectField, TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Moment } from '../design/format';
import { Panel } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { tunnelKey } from './useTunnels';

const day = 86_400;
const lives = [['1 day', day], ['7 days', 7 * day], ['30 days', 30 * day], ['1 year', 365 * day], ['no end', 0]] as const;
const origin = /^https?:\/\/[^/\s]+$/;

/** Which sites may show a tunnel in a frame, to visitors without an account. */
export function Embeds({ name }: { readonly name: string }) {
  const query = useQuery({ queryKey: [...tunnelKey(name), 'embeds'], queryFn: () => tunnelsApi.embeds(name) });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<EmbedGrant>();
  const [ending, setEnding] = useState<EmbedGrant>();
  return (
    <Panel title="In pages of other sites" lead="A grant lets the sites that it names show this tunnel in a frame, to visitors without an account here."
      actions={<Button size="small" icon="plus" onClick={() => setAdding(true)}>New grant</Button>}>
      <Loaded query={query} lines={2}>
        {(grants) => grants.length === 0 ? <p className="muted">No other site may.</p> : (
          <ul className="stack">
            {grants.map((grant) => (
              <li key={grant.id} className="row apart">
                <div>
                  <strong>{grant.ancestors.join(', ')}</strong>
                  <div className="faint">
                    {grant.note && <>{grant.note} · </>}by {grant.createdBy}, <Moment at={grant.created} />, {grant.expires ? <>ends <Moment at={grant.expires} /></> : 'no end'}
                  </div>
                </div>
                <IconButton icon="cross" label={`End the grant for ${grant.ancestors.join(', ')}`} small onClick={() => setEnding(grant)} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {adding && <NewGrant name={name} onClose={() => setAdding(false)} onMade={(grant) => {
        setAdding(false);
        setMade(grant);
      }} />}
      {made && (
        <Dialog title="The frame to show" onClose={() => setMade(undefined)}>
          <div className="stack">
            <Notice kind="warn">Copy it now: the address in it is shown this once.</Notice>
            <Command text={`<iframe src="${made.url ?? ''}" title="${name}"></iframe>`} wrap label="Copy the frame" />
            <div><Button kind="primary" onClick={() => setMade(undefined)}>I have copied it</Button></div>
          </div>
        </Dialog>
      )}
      {ending && (
        <Confirm title="End this grant?" action="End it" onClose={() => setEnding(undefined)} onConfirm={async () => {
          await tunnelsApi.endEmbed(name, ending.id);
          await query.refetch();
        }}>
          {ending.ancestors.join(', ')} can no longer show {name}; frames that are open close within a second.
        </Confirm>
      )}
    </Panel>
  );
}

function NewGrant({ name, onClose, onMade }: { readonly name: string; readonly onClose: () => void; readonly onMade: (grant: EmbedGrant) => void }) {
  const queries = useQueryClient();
  const [sites, setSites] = useState('');
  const [life, setLife] = useState<number>(30 * day);
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const ancestors = sites.split(/[\s,]+/).filter(Boolean).map((site) => site.replace(/\/$/, ''));
  const wrong = ancestors.length === 0 ? 'Which sites?' : ancestors.every((site) => origin.test(site)) ? undefined : 'Scheme and host, one a line: https://blog.example';
  return (
    <FormDialog
      title={`Show ${name} elsewhere`}
      action="Make the grant"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrong;
      }}
      onSubmit={async () => {
        const grant = await tunnelsApi.embed(name, { ancestors, ...(life > 0 && { expiresInSeconds: life }), ...(note.trim() && { note: note.trim() }) });
        await queries.invalidateQueries({ queryKey: [...tunnelKey(name), 'embeds'] });
        onMade(grant);
        return false;
      }}
    >
      <TextArea label="Sites" className="mono" rows={2} placeholder="https://blog.example" spellCheck={false} value={sites} onChange={(event) => setSites(event.target.value)} error={tried ? wrong : undefined} />
      <SelectField label="It ends after" value={life} onChange={(event) => setLife(Number(event.target.value))}>
        {lives.map(([text, seconds]) => <option key={seconds} value={seconds}>{text}</option>)}
      </SelectField>
      <TextField label="Note" optional value={note} onChange={(event) => setNote(event.target.value)} />
    </FormDialog>
  );
}
