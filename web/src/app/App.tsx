import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { Failure, Skeleton } from '../design/States';
import { Home } from '../home/Home';
import { SignIn } from '../signin/SignIn';
import { Boundary } from './Boundary';
import { NotFound } from './NotFound';
import { SessionOf, useSessionQuery, useWayToSignIn } from './session';
import { Shell } from './Shell';

// What the first page does not need comes when it is asked for.
const Invitation = lazy(() => import('../signin/Invitation'));
const Device = lazy(() => import('../device/Device'));
const Tunnels = lazy(() => import('../tunnels/Tunnels'));
const TunnelPage = lazy(() => import('../tunnels/TunnelPage'));
const Explain = lazy(() => import('../tunnels/Explain'));
const Tasks = lazy(() => import('../tasks/Tasks'));
const TaskPage = lazy(() => import('../tasks/TaskPage'));
const Launch = lazy(() => import('../tasks/Launch'));
const LaunchPage = lazy(() => import('../tasks/LaunchPage'));
const Runners = lazy(() => import('../runners/Runners'));
const RunnerPage = lazy(() => import('../runners/RunnerPage'));
const AddRunner = lazy(() => import('../runners/AddRunner'));
const Templates = lazy(() => import('../templates/Templates'));
const TemplatePage = lazy(() => import('../templates/TemplatePage'));
const Volumes = lazy(() => import('../volumes/Volumes'));
const VolumePage = lazy(() => import('../volumes/VolumePage'));
const StoragePage = lazy(() => import('../volumes/StoragePage'));
const Projects = lazy(() => import('../projects/Projects'));
const ProjectPage = lazy(() => import('../projects/ProjectPage'));
const ServicePage = lazy(() => import('../projects/ServicePage'));
const People = lazy(() => import('../people/People'));
const Services = lazy(() => import('../people/Services'));
const Groups = lazy(() => import('../people/Groups'));
const AccountPage = lazy(() => import('../people/AccountPage'));
const GroupPage = lazy(() => import('../people/GroupPage'));
const UsagePage = lazy(() => import('../usage/UsagePage'));
const QuotasPage = lazy(() => import('../usage/QuotasPage'));
const Tokens = lazy(() => import('../tokens/Tokens'));
const Audit = lazy(() => import('../audit/Audit'));
const MyAccount = lazy(() => import('../account/MyAccount'));
const SecretsPage = lazy(() => import('../secrets/SecretsPage'));
const Settings = lazy(() => import('../settings/Settings'));
const Routes = lazy(() => import('../routes/Routes'));
const RoutePage = lazy(() => import('../routes/RoutePage'));

export function App() {
  const [path] = useLocation();
  const session = useSessionQuery();

  if (path === '/invitation') return <Alone><Invitation /></Alone>;
  if (session.isPending) return <main className="alone"><Skeleton lines={3} onRetry={() => void session.refetch()} /></main>;
  if (session.data === undefined) return <main className="alone"><Failure error={session.error} onRetry={() => void session.refetch()} /></main>;
  if (path === '/sign-in') return <SignIn session={session.data} />;
  if (session.data === null) return <ToSignIn />;

  return (
    // Another person begins anew: nothing that a page holds is theirs.
    <SessionOf key={session.data.account} session={session.data}>
      <Shell>
        <Boundary key={path}>
          <Suspense fallback={<Skeleton lines={5} />}>
            <Switch>
              <Route path="/"><Home /></Route>
              <Route path="/device"><Device /></Route>
              <Route path="/tunnels"><Tunnels /></Route>
              <Route path="/tunnels/:name/:part?">{({ name, part }) => <TunnelPage key={name} name={name} part={part ?? 'requests'} />}</Route>
              <Route path="/tasks"><Tasks /></Route>
              <Route path="/tasks/:id/:part?">{({ id, part }) => <TaskPage key={id} id={id} part={part ?? 'about'} />}</Route>
              <Route path="/workloads/*?"><Renamed /></Route>
              <Route path="/launch"><Launch /></Route>
              <Route path="/launch/:slug">{({ slug }) => <LaunchPage key={slug} slug={slug} />}</Route>
              <Route path="/runners"><Runners /></Route>
              <Route path="/runners/:name">{({ name }) => <RunnerPage key={name} name={name} />}</Route>
              <Route path="/add-runner"><AddRunner /></Route>
              <Route path="/templates"><Templates /></Route>
              <Route path="/templates/:slug/:part?">{({ slug, part }) => <TemplatePage key={slug} slug={slug} part={part ?? 'about'} />}</Route>
              <Route path="/volumes"><Volumes /></Route>
              <Route path="/volumes/:project/:volume/:part?">{({ project, volume, part }) => <VolumePage key={`${project}/${volume}`} project={project} volume={volume} part={part ?? 'files'} />}</Route>
              <Route path="/access"><Explain /></Route>
              <Route path="/projects"><Projects /></Route>
              <Route path="/projects/:name/services/:account">{({ name, account }) => <ServicePage key={`${name}/${account}`} project={name} name={account} />}</Route>
              <Route path="/projects/:name/:part?">{({ name, part }) => <ProjectPage key={name} name={name} part={part ?? 'members'} />}</Route>
              <Route path="/people"><People /></Route>
              <Route path="/people/services"><Services /></Route>
              <Route path="/people/groups"><Groups /></Route>
              <Route path="/people/accounts/:name">{({ name }) => <AccountPage key={name} name={name} />}</Route>
              <Route path="/people/groups/:name">{({ name }) => <GroupPage key={name} name={name} />}</Route>
              <Route path="/usage"><UsagePage /></Route>
              <Route path="/usage/quotas"><QuotasPage /></Route>
              <Route path="/tokens"><Tokens /></Route>
              <Route path="/audit"><Audit /></Route>
              <Route path="/account"><MyAccount /></Route>
              <Route path="/settings"><Settings /></Route>
              <Route path="/settings/secrets"><SecretsPage /></Route>
              <Route path="/settings/storage"><StoragePage /></Route>
              <Route path="/settings/routes"><Routes /></Route>
              <Route path="/settings/routes/:name">{({ name }) => <RoutePage key={name} name={name} />}</Route>
              <Route><NotFound /></Route>
            </Switch>
          </Suspense>
        </Boundary>
      </Shell>
    </SessionOf>
  );
}

/** Tasks had another address, which people have kept. */
function Renamed() {
  const [path] = useLocation();
  const search = useSearch();
  return <Redirect to={`${path.replace(/^\/workloads/, '/tasks')}${search && `?${search}`}`} replace />;
}

function ToSignIn() {
  return <Redirect to={useWayToSignIn()} replace />;
}

function Alone({ children }: { readonly children: React.ReactNode }) {
  return (
    <Boundary>
      <Suspense fallback={<main className="alone"><Skeleton lines={3} /></main>}>{children}</Suspense>
    </Boundary>
  );
}
