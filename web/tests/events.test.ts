import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { EventLine, SharedLine, type Liveness } from '../src/tunnels/events';

/** What a browser has, as far as it matters: streams that a test opens, breaks and refuses. */
class FakeSource {
  static readonly CLOSED = 2;
  static readonly all: FakeSource[] = [];

  readyState = 0;
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;
  private readonly listeners = new Map<string, (event: unknown) => void>();

  constructor(readonly url: string) {
    FakeSource.all.push(this);
  }

  addEventListener(type: string, listener: (event: unknown) => void) {
    this.listeners.set(type, listener);
  }

  close() {
    this.readyState = 2;
  }

  opens() {
    this.readyState = 1;
    this.onopen?.();
  }

  fails(state: number) {
    this.readyState = state;
    this.onerror?.();
  }

  sends(type: string, data: unknown) {
    this.listeners.get(type)?.({ data: JSON.stringify(data) });
  }
}

let again = 0;
let liveness: Liveness[] = [];
let got: unknown[] = [];
const line = () => new EventLine('/api/v1/events?x=1', ['tunnel'], {
  on: () => ({ tunnel: (data) => got.push(data) }),
  onAgain: () => again++,
  onLiveness: (to) => liveness.push(to),
});
const last = () => FakeSource.all.at(-1)!;

beforeEach(() => {
  Object.assign(globalThis, { EventSource: FakeSource });
  FakeSource.all.length = 0;
  [again, liveness, got] = [0, [], []];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

void test('events come in, and the first opening misses nothing', () => {
  line().open();
  last().opens();
  last().sends('tunnel', { name: 'demo' });
  assert.deepEqual([last().url, got, again, liveness], ['/api/v1/events?x=1', [{ name: 'demo' }], 0, ['live']]);
});

void test('a connection that breaks comes back by itself, and what was missed is read anew', () => {
  line().open();
  last().opens();
  last().fails(0);
  mock.timers.tick(60_000);
  assert.equal(FakeSource.all.length, 1); // The browser does it.
  last().opens();
  assert.deepEqual([again, liveness], [1, ['live', 'broken', 'live']]);
});

void test('an answer that is no stream is asked again every five seconds, and the state is read anew then', () => {
  line().open();
  last().opens();
  last().fails(FakeSource.CLOSED);
  mock.timers.tick(4_999);
  assert.equal(FakeSource.all.length, 1);
  mock.timers.tick(1);
  assert.equal(FakeSource.all.length, 2);
  last().fails(FakeSource.CLOSED);
  mock.timers.tick(5_000);
  last().opens();
  assert.deepEqual([FakeSource.all.length, again, liveness.at(-1)], [3, 1, 'live']);
});

void test('a line that is closed asks no more, also when it was about to', () => {
  const listening = line();
  listening.open();
  last().fails(FakeSource.CLOSED);
  listening.close();
  mock.timers.tick(60_000);
  assert.equal(FakeSource.all.length, 1);
  listening.open();
  listening.open();
  assert.equal(FakeSource.all.length, 2);
  listening.close();
  assert.equal(last().readyState, FakeSource.CLOSED);
});

void test('who was too slow for the hub reads the state anew', () => {
  line().open();
  last().opens();
  last().sends('missed', {});
  assert.equal(again, 1);
});

void test('a line is one stream for all who listen to it in a window, and ends with the last', () => {
  Object.assign(globalThis, { document: { hidden: false } });
  const shared = new SharedLine('/api/v1/events');
  const heard: string[] = [];
  const reader = (name: string) => ({
    on: () => ({ task: (data: unknown) => heard.push(`${name} ${String(data)}`) }),
    onAgain: () => heard.push(`${name} again`),
    onLiveness: (to: Liveness) => heard.push(`${name} ${to}`),
  });
  const [one, other] = [reader('one'), reader('other')];
  shared.add(one);
  last().opens();
  shared.add(other);
  last().sends('task', 1);
  last().sends('tunnel', 2);
  last().sends('missed', {});
  assert.equal(FakeSource.all.length, 1);
  assert.deepEqual(heard, ['one connecting', 'one live', 'other live', 'one 1', 'other 1', 'one again', 'other again']);
  shared.remove(one);
  assert.equal(last().readyState, 1);
  shared.remove(other);
  assert.deepEqual([last().readyState, shared.isIdle], [FakeSource.CLOSED, true]);
});
