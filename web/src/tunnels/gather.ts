/**
 * Does something once for many askers: what is asked for within `ms` is done together, and what is asked for while it is being done is done once
 * more afterwards. Nothing that is under way is given up: of a steady stream of changes some would otherwise never be shown.
 */
export function gatherer(act: () => Promise<unknown>, ms: number): { readonly ask: () => void; readonly end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;
  let isAsked = false;
  const begin = () => {
    timer = undefined;
    isAsked = false;
    isBusy = true;
    void act().catch(() => undefined).finally(() => {
      isBusy = false;
      if (isAsked) wait();
    });
  };
  const wait = () => {
    timer ??= setTimeout(begin, ms);
  };
  return {
    ask: () => {
      if (isBusy) isAsked = true;
      else wait();
    },
    end: () => {
      clearTimeout(timer);
      timer = undefined;
      isAsked = false;
    },
  };
}
