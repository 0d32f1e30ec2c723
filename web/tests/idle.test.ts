import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fateOf, ignoredOf, inSpan, keptFor, kindOf, nearEndOf, spanOf, termsOf, termsSentenceOf, verdictOf } from '../src/tasks/idle';

void test('a time is said to the nearest of its unit', () => {
  assert.deepEqual([0, 89, 90, 3599, 5399, 5400, 14_399, 86_400, 129_599, 129_600, 604_800].map(spanOf),
    ['0 s', '89 s', '2 min', '60 min', '90 min', '2 h', '4 h', '24 h', '36 h', '2 days', '7 days']);
  assert.deepEqual([inSpan(60_000, 0), inSpan(0, 60_000)], ['in 60 s', 'now']);
});

void test('what a template says of idle sessions is said in a line', () => {
  assert.equal(termsOf({ stopAfterSeconds: 3600 }), 'stopped after 60 min without use');
  assert.equal(termsOf({ freezeAfterSeconds: 900, stopAfterSeconds: 7200, maxAgeSeconds: 604_800 }), 'frozen after 15 min and stopped after 2 h without use, and after 7 days in any case');
  assert.equal(termsOf({ freezeAfterSeconds: 900, maxAgeSeconds: 604_800 }), 'frozen after 15 min without use, and stopped after 7 days in any case');
  assert.equal(termsOf({ maxAgeSeconds: 86_400 }), 'stopped after 24 h, used or not');
  assert.deepEqual([termsOf(null), termsSentenceOf({}), termsSentenceOf({ stopAfterSeconds: 60 })], ['until it is stopped', 'It goes on until it is stopped.', 'It is stopped after 60 s without use.']);
  assert.deepEqual([kindOf('job', { stopAfterSeconds: 60 }), kindOf('session', null)], ['job: a command that ends by itself', 'session: until it is stopped']);
});

void test('what becomes of a session is said only while it is ready', () => {
  const stopsAt = '2026-01-01T01:00:00Z';
  const now = Date.parse('2026-01-01T00:02:00Z');
  assert.equal(fateOf({ state: 'ready', idle: { stopsAt, isWarned: false, isFrozen: false } }, now), 'stops in 58 min');
  assert.equal(fateOf({ state: 'ready', idle: { stopsAt, isWarned: false, isFrozen: true } }, now), 'frozen, stops in 58 min');
  assert.equal(fateOf({ state: 'ready', idle: { stopsAt: null, isWarned: false, isFrozen: false } }, now), '');
  assert.equal(fateOf({ state: 'stopped', idle: { stopsAt, isWarned: true, isFrozen: false } }, now), '');
});

void test('an end that is near says when, why, and whether keeping it helps', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const at = Date.parse('2026-01-01T00:02:00Z');
  const soon = '2026-01-01T00:02:00Z';
  const idle = { stopsAt: soon, isWarned: true, isFrozen: false };
  assert.deepEqual(nearEndOf({ state: 'ready', idle }, now), { verb: 'is stopped', at, why: 'because nobody uses it', isPutOff: true });
  assert.equal(nearEndOf({ state: 'ready', idle: { ...idle, isFrozen: true } }, now)?.verb, 'is frozen, and is stopped');
  assert.deepEqual(nearEndOf({ state: 'ready', idle: { ...idle, isOfAge: true } }, now), { verb: 'is stopped', at, why: 'used or not: its template lets it go on no longer', isPutOff: false });
  assert.deepEqual([nearEndOf({ state: 'stopping', idle }, now), nearEndOf({ state: 'ready', idle: { ...idle, isWarned: false } }, now), nearEndOf({ state: 'ready', idle: null }, now)], [undefined, undefined, undefined]);
  const freezes = { freezesAt: soon, stopsAt: '2026-01-01T01:00:00Z', isWarned: false, isFrozen: false };
  assert.equal(nearEndOf({ state: 'ready', idle: freezes }, now)?.verb, 'is frozen');
  assert.equal(nearEndOf({ state: 'ready', idle: freezes }, now - 1000), undefined, 'it is not near yet');
  assert.equal(nearEndOf({ state: 'ready', idle: { ...freezes, isFrozen: true } }, now), undefined);
});

void test('nobody is told that a session is kept beyond its age', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const extension = { until: '2026-01-01T04:00:00Z', reason: null };
  assert.deepEqual(keptFor({ extension, isOfAge: true, stopsAt: '2026-01-01T00:10:00Z' }, now), { seconds: 600, isCut: true });
  assert.deepEqual(keptFor({ extension, isOfAge: false, stopsAt: '2026-01-01T00:10:00Z' }, now), { seconds: 14_400, isCut: false });
  assert.equal(keptFor({ extension: null, isOfAge: true, stopsAt: null }, now), undefined);
});

void test('a decision and what was not counted are words', () => {
  assert.deepEqual([
    verdictOf({ state: 'used', decision: 'keep' }), verdictOf({ state: 'idle', decision: 'keep' }), verdictOf({ state: 'idle', decision: 'warn' }), verdictOf({ state: 'off', decision: 'keep' }),
  ], ['In use', 'Not in use', 'About to be stopped', 'Nothing follows']);
  assert.equal(ignoredOf([{ kind: 'bot', count: 412 }, { kind: 'probe', count: 9000 }, { kind: 'new', count: 1 }]), '412 by robots, 9,000 probes and health checks, 1 new');
});
