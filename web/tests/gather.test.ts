import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { gatherer } from '../src/tunnels/gather';

beforeEach(() => mock.timers.reset());

void test('what is asked for in quick succession is done once', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let done = 0;
  const gathered = gatherer(() => Promise.resolve(done++), 300);
  for (let at = 0; at < 100; at++) gathered.ask();
  assert.equal(done, 0);
  mock.timers.tick(300);
  assert.equal(done, 1);
});

void test('what is asked for meanwhile is done once more afterwards, and what is under way is left alone', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let begun = 0;
  let end: (() => void) | undefined;
  const gathered = gatherer(() => {
    begun++;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  }, 300);
  gathered.ask();
  mock.timers.tick(300);
  gathered.ask();
  gathered.ask();
  mock.timers.tick(10_000);
  assert.equal(begun, 1);
  end?.();
  await new Promise(setImmediate);
  mock.timers.tick(300);
  assert.equal(begun, 2);
  end?.();
  await new Promise(setImmediate);
  mock.timers.tick(10_000);
  assert.equal(begun, 2);
});

void test('a failure does not end it, and what is ended does nothing more', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let begun = 0;
  const gathered = gatherer(() => {
    begun++;
    return Promise.reject(new Error('away'));
  }, 300);
  gathered.ask();
  mock.timers.tick(300);
  await new Promise(setImmediate);
  gathered.ask();
  mock.timers.tick(300);
  await new Promise(setImmediate);
  assert.equal(begun, 2);
  gathered.ask();
  gathered.end();
  mock.timers.tick(10_000);
  assert.equal(begun, 2);
});
