import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { runnersApi, type Runner } from '../api/runners';
import { useSession } from '../app/session';
import { Button } from '../design/Button';
import { Confirm } from '../design/Dialog';
import { TextArea, TextField } from '../design/Field';
import { FormDialog } from '../design/FormDialog';
import { Panel } from '../design/Page';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { labelsOf, linesOfLabels, linesOfTaints, taintsOf } from './capacity';
import { runnersKey } from './keys';

type Asked = 'drain' | 'share' | 'rename' | 'labels' | 'remove';

/** What its owner and admins can do with a runner. */
export function RunnerChanges({ runner }: { readonly runner: Runner }) {
  const { name } = runner;
  const { role } = useSession();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const again = () => queries.invalidateQueries({ queryKey: runnersKey });
  const change = useAction(async (patch: Parameters<typeof runnersApi.change>[1], said: string) => {
    try {
      await runnersApi.change(name, patch);
      toast(said);
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure), 'danger');
    }
  }, [runnersKey]);
  const isClosed = runner.isCordoned || runner.isDraining;
  return (
    <Panel title="Changes">
      <div className="row">
        {isClosed
          ? <Button busy={change.busy} onClick={() => void change.run({ cordon: false, drain: false }, `${name} gets tasks again.`)}>Give it tasks again</Button>
          : <Button busy={change.busy} onClick={() => void change.run({ cordon: true }, `${name} gets no new tasks.`)}>Cordon: no new tasks</Button>}
        {!runner.isDraining && <Button onClick={() => setAsked('drain')}>Drain…</Button>}
        {runner.isPrivate
          // What no admin brought stays its owner's: the hub would refuse it.
          ? role === 'admin' && <Button onClick={() => setAsked('share')}>Share with everybody…</Button>
          : <Button busy={change.busy} onClick={() => void change.run({ isPrivate: true }, `${name} is private: only tasks of ${runner.owner} start there.`)}>Make it private</Button>}
        <Button onClick={() => setAsked('rename')}>Rename…</Button>
        <Button onClick={() => setAsked('labels')}>Labels and taints…</Button>
        <Button kind="danger" onClick={() => setAsked('remove')}>Remove…</Button>
      </div>
      {asked === 'drain' && (
        <Confirm title={`Drain ${name}?`} action="End its tasks" onClose={close} onConfirm={async () => {
          await runnersApi.change(name, { drain: true });
          await again();
        }}>
          {runner.tasks === 0 ? 'It has no tasks now' : runner.tasks === 1 ? 'Its task is ended' : `Its ${runner.tasks.toLocaleString('en')} tasks are ended`}, and it gets no new ones until you say so.
        </Confirm>
      )}
      {asked === 'share' && (
        <Confirm title={`Share ${name} with everybody?`} action="Share it" onClose={close} onConfirm={async () => {
          await runnersApi.change(name, { isPrivate: false, ...(runner.facts?.isHubUser && { sharesHubUser: true }) });
          toast(`${name} is shared: everybody’s tasks may start there.`);
          await again();
        }}>
          <div className="stack">
            {runner.facts?.isHubUser
              ? <>
                  <p><strong>This is the runner of <code>adit up</code>: everybody’s tasks would run as the hub’s own user, who can read all that the hub keeps, its keys and tokens too.</strong></p>
                  <p>Share it only if all who can sign in may as well be admins. For other people, add a runner with a user of its own.</p>
                </>
              : <p>Everybody’s tasks may then start there, as the user that the runner runs as: they can read what that user can.</p>}
          </div>
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm title={`Remove ${name}?`} action="Remove it" onClose={close} onConfirm={async () => {
          await runnersApi.remove(name);
          toast(`${name} was removed.`);
          go('/runners');
          await again();
        }}>
          The hub forgets it. A runner that still runs there with a valid token comes back by itself: end it first, and revoke its token.
        </Confirm>
      )}
      {asked === 'rename' && <Rename name={name} onClose={close} onDone={async (to) => {
        go(`/runners/${encodeURIComponent(to)}`);
        await again();
      }} />}
      {asked === 'labels' && <LabelsAndTaints runner={runner} onClose={close} onDone={again} />}
    </Panel>
  );
}

function Rename({ name, onClose, onDone }: { readonly name: string; readonly onClose: () => void; readonly onDone: (to: string) => Promise<void> }) {
  const [to, setTo] = useState(name);
  const [tried, setTried] = useState(false);
  const wrong = to.trim() === '' ? 'Give it a name.' : undefined;
  return (
    <FormDialog title={`Rename ${name}`} action="Rename it" onClose={onClose} ready={() => {
      setTried(true);
      return !wrong;
    }} onSubmit={async () => {
      if (to.trim() !== name) await runnersApi.change(name, { name: to.trim() });
      await onDone(to.trim());
    }}>
      <TextField label="Name" className="mono" spellCheck={false} value={to} onChange={(event) => setTo(event.target.value)} error={tried ? wrong : undefined}
        hint="The hub keeps the new name, whatever the machine calls itself." />
    </FormDialog>
  );
}

function LabelsAndTaints({ runner, onClose, onDone }: { readonly runner: Runner; readonly onClose: () => void; readonly onDone: () => Promise<void> }) {
  // What was given to it here, and nothing of what the machine says: that would win over what it says later.
  const [labels, setLabels] = useState(() => linesOfLabels(runner.givenLabels ?? {}));
  const [taints, setTaints] = useState(() => linesOfTaints(runner.givenTaints ?? []));
  const [tried, setTried] = useState(false);
  const [readLabels, readTaints] = [labelsOf(labels), taintsOf(taints)];
  return (
    <FormDialog title={`Labels and taints of ${runner.name}`} action="Save" onClose={onClose} ready={() => {
      setTried(true);
      return readLabels !== undefined && readTaints !== undefined;
    }} onSubmit={async () => {
      await runnersApi.change(runner.name, { labels: { ...readLabels }, taints: [...(readTaints ?? [])] });
      await onDone();
      toast('Saved. It holds for what is launched from now on.');
    }}>
      <TextArea label="Labels" optional className="mono" spellCheck={false} rows={4} value={labels} onChange={(event) => setLabels(event.target.value)}
        hint={<>Tasks can ask for them: one KEY=VALUE on each line. They win over the machine’s own. Its name, system and architecture are labels anyway. <Own text={linesOfLabels(runner.ownLabels ?? {})} /></>} error={tried && !readLabels ? 'One KEY=VALUE on each line, each key once.' : undefined} />
      <TextArea label="Taints" optional className="mono" spellCheck={false} rows={3} value={taints} onChange={(event) => setTaints(event.target.value)}
        hint={<>They keep off tasks that do not tolerate them: KEY or KEY=VALUE on each line, beside the machine’s own. <Own text={linesOfTaints(runner.ownTaints ?? [])} /></>} error={tried && !readTaints ? 'One KEY or KEY=VALUE on each line.' : undefined} />
    </FormDialog>
  );
}

/** What the machine was started with, which is changed there. */
function Own({ text }: { readonly text: string }) {
  const own = text.split('\n').filter(Boolean);
  if (own.length === 0) return <>The machine has none of its own.</>;
  return <>The machine’s own: {own.map((one, at) => <span key={one}>{at > 0 && ', '}<code>{one}</code></span>)}.</>;
}
