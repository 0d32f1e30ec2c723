// The interface: every extension that package.json names, and nothing else.
import { PageConfig } from '@jupyterlab/coreutils';

// Before anything is loaded later: where the server serves this from.
__webpack_public_path__ = `${PageConfig.getOption('fullStaticUrl')}/`;

window.addEventListener('load', async () => {
  await import('style');
  const { JupyterLab } = await import('@jupyterlab/application');
  const { modules } = await import('extensions');
  const lab = new JupyterLab({ mimeExtensions: [] });
  lab.registerPluginModules(modules);
  await lab.start();
});
