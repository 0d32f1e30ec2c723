import { ButtonLink } from '../design/Button';
import { Page } from '../design/Page';
import { Empty } from '../design/States';

export function NotFound() {
  return (
    <Page title="Nothing here">
      <div className="panel">
        <Empty icon="search" title="There is no page at this address" action={<ButtonLink to="/">Go home</ButtonLink>}>
          It may have been removed, or it is not for you to see; both look the same from here.
        </Empty>
      </div>
    </Page>
  );
}
