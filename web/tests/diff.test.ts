import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffOf, linesOf, type LineDiff } from '../src/volumes/diff';

const signs = { same: ' ', added: '+', removed: '-' } as const;
const shown = (diff: LineDiff) => diff.hunks.map(({ lines }) => lines.map(({ kind, text }) => signs[kind] + text));
const text = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** The text after, made of the text before and what differs. */
function applied(before: string, diff: LineDiff): string[] {
  const was = linesOf(before);
  const is: string[] = [];
  let at = 0;
  for (const { lines } of diff.hunks) {
    for (const line of lines) {
      if (line.before !== undefined) {
        while (at < line.before - 1) is.push(was[at++] ?? '');
        assert.equal(was[at++], line.text, 'a line is what the text before has there');
        if (line.kind === 'same') is.push(line.text);
      } else {
        while (is.length < (line.after ?? 0) - 1) is.push(was[at++] ?? '');
        is.push(line.text);
      }
    }
  }
  return [...is, ...was.slice(at)];
}

void test('lines that changed are shown with three around them', () => {
  const before = text('1', '2', '3', '4', '5', '6', '7', '8', '9');
  const after = text('1', '2', '3', '4', 'five', '6', '7', '8', '9');
  const diff = diffOf(before, after);
  assert.deepEqual(shown(diff), [[' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8']]);
  assert.deepEqual([diff.added, diff.removed, diff.isCoarse, diff.endDiffers], [1, 1, false, false]);
  assert.deepEqual(diff.hunks[0]?.lines.find(({ kind }) => kind === 'added'), { kind: 'added', text: 'five', after: 5 });
});

void test('changes near each other are one part, far ones are two', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `line ${String(at)}`);
  const changed = (...at: readonly number[]) => text(...lines.map((line, number) => (at.includes(number) ? `${line}!` : line)));
  assert.equal(diffOf(text(...lines), changed(5, 10)).hunks.length, 1);
  assert.equal(diffOf(text(...lines), changed(5, 25)).hunks.length, 2);
  assert.equal(diffOf(text(...lines), changed(0, 29)).hunks.length, 2);
});

void test('nothing, everything, and the end of the last line', () => {
  assert.deepEqual(diffOf('a\n', 'a\n').hunks, []);
  assert.deepEqual(shown(diffOf('', 'a\nb\n')), [['+a', '+b']]);
  assert.deepEqual(shown(diffOf('a\nb\n', '')), [['-a', '-b']]);
  assert.deepEqual([diffOf('a', 'a\n').hunks.length, diffOf('a', 'a\n').endDiffers, diffOf('a\n', 'a\n').endDiffers], [0, true, false]);
  assert.deepEqual(linesOf('a\n\nb'), ['a', '', 'b']);
});

void test('the way from one text to the other is the shortest', () => {
  const diff = diffOf(text(...'ABCABBA'), text(...'CBABAC'));
  assert.equal(diff.added + diff.removed, 5, "the example of Myers' paper");
});

void test('whatever two texts are, what differs makes one of the other', () => {
  // A generator of its own, so that what fails fails again.
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let round = 0; round < 400; round++) {
    const before = Array.from({ length: next(40) }, () => 'abcde'.charAt(next(5)));
    const after = before.flatMap((line) => (next(5) === 0 ? [] : next(5) === 0 ? [line, 'abcde'.charAt(next(5))] : [line]));
    const [a, b] = [text(...before), text(...after)];
    const diff = diffOf(a, b);
    assert.deepEqual(applied(a, diff), linesOf(b), JSON.stringify([a, b]));
    assert.equal(diff.added - diff.removed, after.length - before.length);
  }
});

void test('texts that have nothing in common, or are made to cost, are compared in bounded time', () => {
  const [a, b] = ['a', 'b'].map((mark) => text(...Array.from({ length: 30_000 }, (_, at) => `${mark}${String(at)}`)));
  const apart = diffOf(`same\n${a ?? ''}`, `same\n${b ?? ''}`);
  assert.deepEqual([apart.isCoarse, apart.added, apart.removed], [true, 30_000, 30_000]);
  assert.equal(shown(apart)[0]?.[0], ' same');
  // Only ends of lines, and two letters in no order: 256 KiB of each.
  assert.equal(diffOf('\n'.repeat(262_144), '\n'.repeat(200_000)).removed, 62_144);
  let seed = 1;
  const letters = () => Array.from({ length: 131_072 }, () => ((seed = (seed * 16_807) % 2_147_483_647) % 2 === 0 ? 'a' : 'b')).join('\n');
  const [x, y] = [letters(), letters()];
  assert.deepEqual(applied(x, diffOf(x, y)), linesOf(y));
});
