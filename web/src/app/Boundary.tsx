import { Component, useEffect, useState, type ReactNode } from 'react';
import { Problem } from '../api/problem';
import { Button } from '../design/Button';
import { Notice, Skeleton } from '../design/States';
import { whyMissing, type Missing } from './missing';

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
    if (/dynamically imported module|module script failed/i.test(failure.message)) return <MissingPart />;
    return (
      <Notice kind="danger">
        <span>This page failed: {failure.message}</span>
        <Anew />
      </Notice>
    );
  }
}

/** A part of the interface that did not come. A browser may remember that it did not, so trying again is loading the page, once the hub is there. */
function MissingPart() {
  const [why, setWhy] = useState<Missing>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let isOver = false;
    void whyMissing(document.querySelector<HTMLScriptElement>('script[type=module][src]')?.src).then((found) => {
      if (isOver) return;
      // Asked for by hand, and the hub is back.
      if (asked > 0 && found !== 'unreachable') location.reload();
      else setWhy(found);
    });
    return () => {
      isOver = true;
    };
  }, [asked]);
  switch (why) {
    case undefined: return <Skeleton lines={5} />;
    case 'newer': return <Notice><span>The hub has a newer interface than this window.</span><Anew /></Notice>;
    case 'broken': return <Notice kind="warn"><span>A part of this page did not come.</span><Anew /></Notice>;
    case 'unreachable': return (
      <Notice kind="danger">
        <span>{Problem.unreachable}</span>
        <Button size="small" icon="replay" onClick={() => setAsked(asked + 1)}>Try again</Button>
      </Notice>
    );
  }
}

function Anew() {
  return <Button size="small" icon="replay" onClick={() => location.reload()}>Load it anew</Button>;
}
