import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, memory, milliseconds, rate } from '../src/design/words';

const now = Date.parse('2031-05-05T12:00:00Z');
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

void test('bytes are counted in thousands, as the command line does', () => {
  assert.deepEqual([0, 999, 1000, 1536, 99_900, 123_456, 1_000_000, 2.5e15].map(bytes), ['0 B', '999 B', '1.0 kB', '1.5 kB', '99.9 kB', '123 kB', '1.0 MB', '2.5 PB']);
  assert.equal(rate(0.4), '0 B/s');
});

void test('no number is rounded up to a thousand of its unit', () => {
  assert.equal(bytes(999_999), '1.0 MB');
  assert.equal(bytes(999.7), '1.0 kB');
  assert.equal(milliseconds(999.7), '1.0 s');
  assert.equal(milliseconds(9.97), '10 ms');
});

void test('durations have as many digits as mean something', () => {
  assert.deepEqual([0.04, 3.21, 45.6, 999, 61_234].map(milliseconds), ['0.0 ms', '3.2 ms', '46 ms', '999 ms', '61.2 s']);
});

void test('a moment is said in the largest unit that fits, in the past and in the future', () => {
  assert.equal(ago(now - 9 * second, now), 'just now');
  assert.equal(ago(now - 42 * second, now), '42 sec. ago');
  assert.equal(ago(now - 5 * minute, now), '5 min. ago');
  assert.equal(ago(now + 3 * hour, now), 'in 3 hr.');
  assert.equal(ago(now - day, now), 'yesterday');
  assert.equal(ago(now + 30 * day, now), 'in 1 mo.');
  assert.equal(ago(now - 800 * day, now), '2 yr. ago');
});

void test('what would be sixty seconds is a minute', () => {
  assert.equal(ago(now + 59.7 * second, now), 'in 1 min.');
  assert.equal(ago(now - 23.8 * hour, now), 'yesterday');
});

void test('memory is counted by 1024, with the fewest digits that say it', () => {
  assert.deepEqual([0, 512, 64 * 2 ** 20, 2 ** 30, 1.5 * 2 ** 30, 25_216_000_000, 1023.9 * 2 ** 20, 250 * 2 ** 30].map(memory),
    ['0 B', '512 B', '64 MiB', '1 GiB', '1.5 GiB', '23.5 GiB', '1 GiB', '250 GiB']);
});
