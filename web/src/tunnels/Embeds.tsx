import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tunnelsApi, type EmbedGrant } from '../api/tunnels';
import { Button, IconButton } from '../design/Button';
import { Command } from '../design/Copy';
import { Confirm, Dialog } from '../design/Dialog';
import { CheckField, SelectField, TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Moment } from '../design/Moment';
import { Panel } from '../design/Page';
import { Loaded, Notice } from '../design/States';
import { tunnelKey } from './useTunnels';

const day = 86_400;
const lives = [['1 day', day], ['7 days', 7 * day], ['30 days', 30 * day], ['1 year', 365 * day], ['no end', 0]] as const;
const origin = /^https?:\/\/[^/\s]+$/;

/** Which sites may show a tunnel in a frame, to visitors without an account. */
export function Embeds({ name, mayChange, mayAdd }: { readonly name: string; readonly mayChange: boolean; readonly mayAdd: boolean }) {
  const query = useQuery({ queryKey: [...tunnelKey(name), 'embeds'], queryFn: () => tunnelsApi.embeds(name) });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<EmbedGrant>();
  const [ending, setEnding] = useState<EmbedGrant>();
  return (
    <Panel title="In pages of other sites" lead="A grant lets the sites that it names show this tunnel in a frame, to visitors without an account here."
      actions={mayAdd && <Button size="small" icon="plus" onClick={() => setAdding(true)}>New grant</Button>}>
      <Loaded query={query} lines={2}>
        {(grants) => grants.length === 0 ? <p className="muted">No other site may.</p> : (
          <ul className="stack">
            {grants.map((grant) => (
              <li key={grant.id} className="row apart whole">
                <div>
                  <strong>{grant.ancestors.join(', ')}</strong>
                  <div className="faint">
                    {grant.note && <>{grant.note} · </>}by {grant.createdBy}, <Moment at={grant.created} />, {grant.expires ? <>ends <Moment at={grant.expires} /></> : 'no end'}
                  </div>
                  <div className="faint">{grant.isSigned ? 'signed visits' : 'by its address'} · {used(grant.visitors, grant.maxVisitors, 'visitor')} now · {used(grant.requestsToday, grant.maxRequestsPerDay, 'request')} today</div>
                </div>
                {mayChange && <IconButton icon="cross" label={`End the grant for ${grant.ancestors.join(', ')}`} small onClick={() => setEnding(grant)} />}
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
        <Dialog title="The frame to show" onClose={() => setMade(undefined)} once="Have you copied it? Closed once more, it is gone, and nobody can show it again.">
          <div className="stack">
            {made.key ? (
              <>
                <Notice kind="warn">Copy the key now: it is shown this once. Your server signs each visitor&apos;s way in with it.</Notice>
                <Command text={made.key} wrap label="Copy the key" />
                <p>The frame, with a JSON Web Token (HS256) in place of <code>SIGNATURE</code>: <code>aud</code> {hostOf(made.url)}, <code>exp</code> at most 60 seconds ahead, <code>jti</code> used once.</p>
                <Command text={`<iframe src="${made.url ?? ''}?g=SIGNATURE" title="${name}"></iframe>`} wrap label="Copy the frame" />
              </>
            ) : (
              <>
                <Notice kind="warn">Copy it now: the address in it is shown this once.</Notice>
                <Command text={`<iframe src="${made.url ?? ''}" title="${name}"></iframe>`} wrap label="Copy the frame" />
              </>
            )}
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

const used = (count: number | undefined, most: number | null | undefined, what: string) =>
  most ? `${count ?? 0} of ${most.toLocaleString()} ${what}s` : `${count ?? 0} ${what}${count === 1 ? '' : 's'}`;

const hostOf = (url: string | null | undefined) => (url ? new URL(url).hostname : '');

function NewGrant({ name, onClose, onMade }: { readonly name: string; readonly onClose: () => void; readonly onMade: (grant: EmbedGrant) => void }) {
  const queries = useQueryClient();
  const [sites, setSites] = useState('');
  const [life, setLife] = useState<number>(30 * day);
  const [note, setNote] = useState('');
  const [signed, setSigned] = useState(false);
  const [visitors, setVisitors] = useState('');
  const [requests, setRequests] = useState('');
  const [tried, setTried] = useState(false);
  const ancestors = sites.split(/[\s,]+/).filter(Boolean).map((site) => site.replace(/\/$/, ''));
  const wrong = ancestors.length === 0 ? 'Which sites?' : ancestors.every((site) => origin.test(site)) ? undefined : 'Scheme and host, one a line: https://blog.example';
  const wrongVisitors = limitError(visitors, 10_000);
  const wrongRequests = limitError(requests, 2_147_483_647);
  const wrongNote = note.trim().length > 200 ? 'At most 200 characters.' : undefined;
  return (
    <FormDialog
      title={`Show ${name} elsewhere`}
      action="Make the grant"
      onClose={onClose}
      ready={() => {
        setTried(true);
        return !wrong && !wrongVisitors && !wrongRequests && !wrongNote;
      }}
      onSubmit={async () => {
        const grant = await tunnelsApi.embed(name, {
          ancestors, isSigned: signed,
          ...(life > 0 && { expiresInSeconds: life }),
          ...(visitors.trim() && { maxVisitors: Number(visitors) }),
          ...(requests.trim() && { maxRequestsPerDay: Number(requests) }),
          ...(note.trim() && { note: note.trim() }),
        });
        await queries.invalidateQueries({ queryKey: [...tunnelKey(name), 'embeds'] });
        onMade(grant);
        return false;
      }}
    >
      <TextArea label="Sites" className="mono" rows={2} placeholder="https://blog.example" spellCheck={false} value={sites} onChange={(event) => setSites(event.target.value)} error={tried ? wrong : undefined} />
      <SelectField label="It ends after" value={life} onChange={(event) => setLife(Number(event.target.value))}>
        {lives.map(([text, seconds]) => <option key={seconds} value={seconds}>{text}</option>)}
      </SelectField>
      <CheckField label="Each visitor needs a signature of my server" hint="Otherwise whoever knows the frame's address comes in." checked={signed} onChange={(event) => setSigned(event.target.checked)} />
      <TextField label="Visitors at a time" optional inputMode="numeric" value={visitors} onChange={(event) => setVisitors(event.target.value)} error={tried ? wrongVisitors : undefined} />
      <TextField label="Requests a day" optional inputMode="numeric" value={requests} onChange={(event) => setRequests(event.target.value)} error={tried ? wrongRequests : undefined} />
      <TextField label="Note" optional value={note} onChange={(event) => setNote(event.target.value)} error={tried ? wrongNote : undefined} />
    </FormDialog>
  );
}

const limitError = (text: string, most: number) =>
  text.trim() === '' || (/^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= most) ? undefined : `A whole number from 1 to ${most.toLocaleString()}, or nothing for no limit`;
