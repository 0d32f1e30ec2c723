import { useCallback, useLayoutEffect, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';

const beyond = 12;

/**
 * Which rows of a scrolled box are in sight, with some to spare on both sides.
 * `reveal` scrolls a row into sight, has it made, and then calls back.
 */
export function useWindow(box: RefObject<HTMLElement | null>, count: number, rowHeight: number, onEnd: (() => void) | undefined) {
  const [range, setRange] = useState({ first: 0, last: 40 });

  const look = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const top = Math.floor(element.scrollTop / rowHeight);
    const height = Math.ceil(element.clientHeight / rowHeight);
    const first = Math.max(0, top - beyond);
    const last = top + height + beyond;
    setRange((now) => (now.first === first && now.last === last ? now : { first, last }));
    if (last >= count) onEnd?.();
  }, [box, count, rowHeight, onEnd]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    look();
    element.addEventListener('scroll', look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      sizes.disconnect();
    };
  }, [box, look]);

  const reveal = useCallback((row: number, then: () => void) => {
    const element = box.current;
    if (!element) return;
    const heading = element.querySelector('thead')?.offsetHeight ?? 0;
    const top = row * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight + heading > element.scrollTop + element.clientHeight) element.scrollTop = top + rowHeight + heading - element.clientHeight;
    flushSync(look);
    then();
  }, [box, rowHeight, look]);

  return { first: Math.min(range.first, Math.max(0, count - 1)), last: Math.min(range.last, count), reveal };
}
