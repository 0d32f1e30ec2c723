// Builds artifacts/jupyterlab: the scripts, the themes, and the schemas of the settings.
const fs = require('fs');
const path = require('path');
const { Build } = require('@jupyterlab/builder');
const base = require('@jupyterlab/builder/lib/webpack.config.base');

const output = path.resolve(__dirname, '../../artifacts/jupyterlab');
const made = path.join(output, 'made');
const extensions = Object.keys(require('./package.json').dependencies).filter(name => name.endsWith('-extension'));

fs.mkdirSync(made, { recursive: true });
const themes = Build.ensureAssets({ packageNames: extensions, output: made, schemaOutput: output, themeOutput: output });
fs.writeFileSync(
  path.join(made, 'extensions.js'),
  `export const modules = [\n${extensions.map(name => `  require('${name}'),`).join('\n')}\n];\n`
);

module.exports = [
  {
    ...base,
    mode: 'development',
    devtool: false,
    entry: path.join(__dirname, 'index.js'),
    output: { ...base.output, path: path.join(output, 'static'), filename: '[name].js', chunkFilename: '[name].js' },
    resolve: {
      ...base.resolve,
      modules: [path.join(__dirname, 'node_modules'), 'node_modules'],
      alias: { ...base.resolve.alias, style: path.join(made, 'style.js'), extensions: path.join(made, 'extensions.js') }
    }
  },
  ...themes
];
