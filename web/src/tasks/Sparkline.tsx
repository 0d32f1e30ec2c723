import { pointsOf } from './usage';

const width = 56;
const height = 16;

/** The course of a value as a small line; the number stands beside it, so that it is decoration. */
export function Sparkline({ values, most }: { readonly values: readonly number[]; readonly most: number | null | undefined }) {
  // Without a limit the line fills its box by its own greatest value.
  const top = most && most > 0 ? most : Math.max(...values, 0);
  return (
    <svg className="sparkline" width={width} height={height + 2} viewBox={`0 -1 ${String(width)} ${String(height + 2)}`} aria-hidden="true">
      <path className="base" d={`M0 ${String(height)}H${String(width)}`} />
      <polyline points={pointsOf(values, top, width, height)} />
    </svg>
  );
}
