import { Component, type ReactNode } from 'react';
import { Button } from '../design/Button';
import { Notice } from '../design/States';

interface State {
  readonly failure?: Error;
}

/** What a page throws ends here: the rest of the interface goes on, and the page can be tried again. */
export class Boundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = {};

  static getDerivedStateFromError(failure: unknown): State {
    return { failure: failure instanceof Error ? failure : new Error(String(failure)) };
  }

  override render() {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    // A part of the interface that is no longer there: the hub was upgraded while this window was open.
    const isOld = /dynamically imported module|module script failed/i.test(failure.message);
    return (
      <Notice kind={isOld ? 'info' : 'danger'}>
        <span>{isOld ? 'The hub has a newer interface than this window.' : `This page failed: ${failure.message}`}</span>
        <Button size="small" icon="replay" onClick={() => location.reload()}>Load it anew</Button>
      </Notice>
    );
  }
}
