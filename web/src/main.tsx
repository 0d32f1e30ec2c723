import '@fontsource-variable/geist/index.css';
import '@fontsource-variable/geist-mono/index.css';
import './design/tokens.css';
import './design/reset.css';
import './design/controls.css';
import './design/surfaces.css';
import './app/shell.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { Problem } from './api/problem';
import { Toasts } from './design/Toasts';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Requests end by themselves after ten seconds; what failed for a reason fails again.
      retry: (failures, error) => failures < 1 && error instanceof Problem && error.code === 'unreachable',
      retryDelay: 500,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  );
}
