import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogPage } from '../src/api/tasks';
import { append, hasEarlier, hasLater, mostKept, nextOf, parted, plain, prepend, startOf, windowOf } from '../src/tasks/logWindow';

const page = (from: number, to: number, end = to + 1, first = 1): LogPage => ({
  first, end, lines: Array.from({ length: to - from + 1 }, (_, at) => ({ number: from + at, at: '2026-11-22T12:00:00Z', stream: 'out', text: `line ${String(from + at)}` })) as LogPage['lines'],
});

void test('what follows is added once, whatever is sent again', () => {
  let window = append(windowOf(page(1, 10)), page(8, 12));
  window = append(window, page(11, 12));
  assert.deepEqual([startOf(window), nextOf(window), window.lines.length, window.moved], [1, 13, 12, 0]);
});

void test('of a long log no more than a few thousand lines are kept, and what is seen moves up by those that go', () => {
  let window = windowOf(page(1, 1000));
  for (let from = 1001; from <= 1_000_001; from += 1000) window = append(window, page(from, from + 999));
  assert.equal(window.lines.length, mostKept);
  assert.equal(nextOf(window), 1_001_001);
  assert.equal(window.moved, -1000);
});

void test('a burst that is longer than what is kept leaves its end', () => {
  const window = append(windowOf(page(1, 10)), page(11, 10_010));
  assert.deepEqual([window.lines.length, startOf(window), window.moved], [mostKept, 10_011 - mostKept, -10]);
});

void test('where lines were lost between, the window begins anew', () => {
  const window = append(windowOf(page(1, 10)), page(500, 600, 601, 450));
  assert.deepEqual([startOf(window), window.first, window.moved], [500, 450, 0]);
});

void test('what is before is put before, and the newest go', () => {
  const window = prepend(windowOf(page(5001, 9000)), page(4001, 5000, 9001));
  assert.deepEqual([startOf(window), nextOf(window), window.lines.length, window.moved], [4001, 8001, mostKept, 1000]);
  assert.ok(hasEarlier(window));
  assert.ok(hasLater(window));
});

void test('the first line that is kept has nothing before it', () => {
  assert.equal(hasEarlier(windowOf(page(450, 500, 501, 450))), false);
  assert.equal(hasLater(windowOf(page(450, 500))), false);
  assert.equal(hasEarlier(windowOf({ lines: [], first: 1, end: 1 })), false);
  assert.equal(nextOf(windowOf({ lines: [], first: 1, end: 1 })), 1);
});

void test('colours, titles and what turns text around are left out of a line', () => {
  assert.equal(plain('\u001b[1;31merror\u001b[0m: \u001b]0;title\u0007no\tsuch file'), 'error: no\tsuch file');
  assert.equal(plain('safe\u202egnp.exe'), 'safegnp.exe');
  assert.equal(plain('a\u0000b\u0008c'), 'abc');
});

void test('of a progress bar the last state is shown', () => {
  assert.equal(plain(' 10%\r 50%\r100% done'), '100% done');
  assert.equal(plain('windows line\r'), 'windows line');
});

void test('finds are marked in whatever case, and letters that change their length are not', () => {
  assert.deepEqual(parted('Error: an ERROR', 'error'), ['', 'Error', ': an ', 'ERROR', '']);
  assert.deepEqual(parted('none', 'error'), ['none']);
  assert.deepEqual(parted('İ error', 'error'), ['İ error']);
});
