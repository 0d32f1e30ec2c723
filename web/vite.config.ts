import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { embedding } from './build/embedding';
import { licences } from './build/licences';

// Where the hub is while the interface is worked on: `npm run dev` serves the pages, the hub answers the API.
const hub = process.env['ADIT_HUB'] ?? 'http://127.0.0.1:8080';
// The hub's build says its own; the interface is a part of it and has no version apart.
const version = process.env['ADIT_VERSION'] ?? 'in development';
const theHubs = ['/api', '/apps', '/authz', '/.well-known', '/_adit'];

export default defineConfig({
  plugins: [react(), licences(), embedding()],
  define: { __ADIT_VERSION__: JSON.stringify(version) },
  build: {
    target: 'es2022',
    // The policy of the page allows no data: scripts and no inlined fonts; small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        // Few names, all hashed, so that all of them can be kept for ever by browsers.
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    proxy: Object.fromEntries(theHubs.map((path) => [path, { target: hub, changeOrigin: false }])),
  },
});
