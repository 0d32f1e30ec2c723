import { useState } from 'react';

export type Theme = 'light' | 'dark' | 'system';

const key = 'adit.theme';

function chosen(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

/** Light, dark, or whatever the system says; kept by this browser. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(chosen);
  return [
    theme,
    (to) => {
      setTheme(to);
      if (to === 'system') delete document.documentElement.dataset['theme'];
      else document.documentElement.dataset['theme'] = to;
      try {
        if (to === 'system') localStorage.removeItem(key);
        else localStorage.setItem(key, to);
      } catch {
        // It then holds until the page is left.
      }
    },
  ];
}
