import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targetOf, whoOf } from '../src/audit/words';

void test('what has no account was a stranger at an address, or the hub itself', () => {
  assert.deepEqual([whoOf({ actor: 'anna', address: '10.0.0.1' }), whoOf({ actor: null, address: '10.0.0.1' }), whoOf({ actor: null, address: null })], ['anna', 'stranger', 'the hub']);
});

void test('a task is called by the name that it had', () => {
  assert.equal(targetOf({ target: 'task:t1', detail: { name: 'lab' } }), 'task lab');
  assert.equal(targetOf({ target: 'task:t1', detail: null }), 'task:t1');
  assert.equal(targetOf({ target: 'tunnel:demo', detail: { name: 'x' } }), 'tunnel:demo');
  assert.equal(targetOf({ target: null, detail: null }), '');
});
