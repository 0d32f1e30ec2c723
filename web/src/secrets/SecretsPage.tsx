import { useSession } from '../app/session';
import { Page, Tabs } from '../design/Page';
import { settingsTabs } from '../settings/Settings';
import { Secrets } from './Secrets';

/** The secrets of the hub; those of projects are on their pages. */
export default function SecretsPage() {
  const { role } = useSession();
  return (
    <Page title="Secrets" lead="Passwords and keys that templates give to tasks. Values go to runners alone and are never shown.">
      <Tabs label="Settings" items={settingsTabs} current="/settings/secrets" />
      <Secrets mayAdd={role === 'admin'} />
    </Page>
  );
}
