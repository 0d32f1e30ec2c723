import type { Invitation } from '../api/people';
import { Button } from '../design/Button';
import { Command } from '../design/Copy';
import { Dialog } from '../design/Dialog';
import { Moment } from '../design/Moment';
import { Notice } from '../design/States';

/** A link that lets somebody choose a password; shown once. */
export function InvitationDialog({ name, invitation, onClose }: { readonly name: string; readonly invitation: Invitation; readonly onClose: () => void }) {
  return (
    <Dialog title={`An invitation for ${name}`} onClose={onClose} once="Have you copied the link? Closed once more, it is gone: a new one is then made on the account's page.">
      <div className="stack">
        <p className="muted">Send this link to {name}, and to nobody else: who opens it first chooses the password. It works once and ends <Moment at={invitation.expires} />.</p>
        <Command text={invitation.url} wrap label="Copy the link" />
        <Notice>The hub sends no mail, and shows this link only now. A lost one is replaced on the account's page.</Notice>
        <div><Button kind="primary" onClick={onClose}>Done</Button></div>
      </div>
    </Dialog>
  );
}
