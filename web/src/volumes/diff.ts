/** A line of a comparison: its number before and after, where it is there. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  readonly before?: number;
  readonly after?: number;
}

/** A part of a comparison: lines that differ, with some around them. */
export interface Hunk {
  readonly lines: readonly DiffLine[];
}

export interface LineDiff {
  readonly hunks: readonly Hunk[];
  readonly added: number;
  readonly removed: number;
  /** Whether the texts are so different that what is said is right, and longer than it had to be. */
  readonly isCoarse: boolean;
  /** Whether only the end of the last line differs: one text has it, the other has not. */
  readonly endDiffers: boolean;
}

// An edit script of D lines takes D² numbers: 16 MB at this many. Hostile texts run into the second bound, which is some tenths of a second.
const mostEdits = 2000;
const mostSteps = 40_000_000;
const around = 3;

/** The lines of a text, each without its end; what follows the last end is a line when it is not empty. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** What differs between two texts, line by line: the shortest way by Myers (1986), as far as that is near. */
export function diffOf(before: string, after: string): LineDiff {
  const [a, b] = [linesOf(before), linesOf(after)];
  const [x, y] = numbered(a, b);
  let start = 0;
  while (start < x.length && start < y.length && x[start] === y[start]) start++;
  let end = 0;
  while (end < x.length - start && end < y.length - start && x[x.length - 1 - end] === y[y.length - 1 - end]) end++;
  const middle = edits(x.subarray(start, x.length - end), y.subarray(start, y.length - end));
  const isRemoved = new Uint8Array(a.length);
  const isAdded = new Uint8Array(b.length);
  if (middle) {
    for (const at of middle.removed) isRemoved[start + at] = 1;
    for (const at of middle.added) isAdded[start + at] = 1;
  } else {
    isRemoved.fill(1, start, a.length - end);
    isAdded.fill(1, start, b.length - end);
  }
  const counts = { added: sum(isAdded), removed: sum(isRemoved) };
  return {
    hunks: hunksOf(a, b, isRemoved, isAdded),
    ...counts,
    isCoarse: middle === undefined,
    endDiffers: before !== after && counts.added + counts.removed === 0,
  };
}

const sum = (marks: Uint8Array) => marks.reduce((all, one) => all + one, 0);

// Equal lines have equal numbers: compared a million times, a number is faster than a line.
function numbered(a: readonly string[], b: readonly string[]): readonly [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const of = (line: string) => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  };
  return [Int32Array.from(a, of), Int32Array.from(b, of)];
}

interface Edits {
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** The fewest lines to remove from one and to add of the other; undefined when that is too far to look for. */
function edits(a: Int32Array, b: Int32Array): Edits | undefined {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return { removed: [...a.keys()], added: [...b.keys()] };
  const most = Math.min(n + m, mostEdits);
  // The furthest reach on each diagonal k = x - y, shifted by `most`; after each round a copy of the part that it wrote.
  const reach = new Int32Array(2 * most + 3);
  const rounds: Int32Array[] = [];
  const zero = most + 1;
  let steps = 0;
  for (let d = 0; d <= most; d++) {
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (reach[zero + k - 1] ?? 0) < (reach[zero + k + 1] ?? 0));
      let x = isDown ? (reach[zero + k + 1] ?? 0) : (reach[zero + k - 1] ?? 0) + 1;
      const from = x;
      while (x < n && x - k < m && a[x] === b[x - k]) x++;
      steps += x - from + 1;
      reach[zero + k] = x;
      if (x >= n && x - k >= m) return walkBack(rounds, d, k, n);
    }
    if (steps > mostSteps) return undefined;
    rounds.push(reach.slice(zero - d, zero + d + 1));
  }
  return undefined;
}

// From the end to the beginning, round by round: where each came from says which line it removed or added.
function walkBack(rounds: readonly Int32Array[], d: number, lastK: number, n: number): Edits {
  const [removed, added]: [number[], number[]] = [[], []];
  let [k, x] = [lastK, n];
  for (let round = d; round > 0; round--) {
    const was = rounds[round - 1];
    const at = (diagonal: number) => (Math.abs(diagonal) <= round - 1 ? (was?.[diagonal + round - 1] ?? 0) : -1);
    const isDown = k === -round || (k !== round && at(k - 1) < at(k + 1));
    k += isDown ? 1 : -1;
    x = at(k);
    if (isDown) added.push(x - k);
    else removed.push(x);
  }
  return { removed, added };
}

function hunksOf(a: readonly string[], b: readonly string[], isRemoved: Uint8Array, isAdded: Uint8Array): Hunk[] {
  const hunks: DiffLine[][] = [];
  let lines: DiffLine[] | undefined;
  let same = 0;
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (isRemoved[i] || isAdded[j]) {
      if (!lines) {
        // The lines before are the same in both.
        lines = [];
        for (let back = Math.min(around, i, j, same); back > 0; back--) lines.push({ kind: 'same', text: a[i - back] ?? '', before: i - back + 1, after: j - back + 1 });
        hunks.push(lines);
      }
      same = 0;
      if (isRemoved[i]) lines.push({ kind: 'removed', text: a[i] ?? '', before: ++i });
      else lines.push({ kind: 'added', text: b[j] ?? '', after: ++j });
      continue;
    }
    same++;
    lines?.push({ kind: 'same', text: a[i] ?? '', before: i + 1, after: j + 1 });
    i++;
    j++;
    if (lines && same > 2 * around) {
      lines.splice(lines.length - same + around);
      // What was taken back stands before the next part, if one comes near.
      lines = undefined;
    }
  }
  if (lines && same > around) lines.splice(lines.length - same + around);
  return hunks.map((one) => ({ lines: one }));
}
