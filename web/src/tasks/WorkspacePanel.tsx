import { useState } from 'react';
import { Link } from 'wouter';
import { tasksApi, type Task } from '../api/tasks';
import { Button } from '../design/Button';
import { Failure, Notice } from '../design/States';
import { Moment } from '../design/Moment';
import { Panel } from '../design/Page';
import { TextField } from '../design/Field';
import { toast } from '../design/toasts';
import { useAction } from '../design/useAction';
import { shortId } from '../volumes/content';
import { addressOf } from '../volumes/parts';
import { tasksKey } from './useTasks';
import { hasEnded } from './words';

const mainBranch = 'main';

/** The volume that is a task's home directory: what was kept of it last, and a button that keeps it now. */
export function WorkspacePanel({ task, workspace }: { readonly task: Task; readonly workspace: NonNullable<Task['workspace']> }) {
  const { volume: path, snapshot, branch, cause, saved } = workspace;
  const [project = '', volume = ''] = path.split('/');
  const at = addressOf({ project, volume });
  return (
    <Panel title="Workspace" lead={hasEnded(task.state) ? 'The next task with this workspace goes on from there, on whichever machine.' : 'Its home directory: kept now and then where something changed, and when it ends.'}>
      <div className="stack">
        <p>
          <Link to={at} className="inline">{path}</Link>{snapshot && saved
            ? <>: last kept <Moment at={saved} /> as <Link to={`${at}?at=${shortId(snapshot)}`} className="inline"><code>{shortId(snapshot)}</code></Link>{cause && ` (${causes[cause] ?? cause})`}</>
            : ': nothing was kept of this task yet'}.
        </p>
        {branch && branch !== mainBranch && <Notice kind="warn">The workspace had gone on from elsewhere: what this task does is on the branch <code>{branch}</code>, and the next task begins as <code>{mainBranch}</code>.</Notice>}
        {!hasEnded(task.state) && task.state === 'ready' && (task.may?.includes('change') ?? false) && <Keep task={task} />}
      </div>
    </Panel>
  );
}

const causes: Readonly<Record<string, string>> = { manual: 'asked for', schedule: 'by the clock', stop: 'at its end', run: 'a run' };

function Keep({ task }: { readonly task: Task }) {
  const [message, setMessage] = useState('');
  const keep = useAction(async () => {
    const made = await tasksApi.snapshot(task.id, message.trim());
    setMessage('');
    toast(made.isNew ? `Kept as ${shortId(made.snapshot.id)}.` : 'Nothing has changed since it was kept last.');
  }, [tasksKey]);
  return (
    <form className="form" onSubmit={(event) => {
      event.preventDefault();
      void keep.run();
    }}>
      <TextField label="Message" optional maxLength={1000} autoComplete="off" value={message} onChange={(event) => setMessage(event.target.value)} hint="What is said of the snapshot." />
      {keep.error !== undefined && <Failure error={keep.error} />}
      <div className="actions"><Button type="submit" busy={keep.busy}>Make a snapshot</Button></div>
    </form>
  );
}
