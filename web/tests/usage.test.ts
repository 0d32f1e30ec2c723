import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Quota } from '../src/api/usage';
import { amountOf, costsOf, draftOf, emptyLimits, limitRefusals, limitsOf, moneyOf, sharesOf, spanOf } from '../src/usage/usage';

const quota = (limits: Partial<Quota>): Quota => ({ kind: 'user', name: 'ann', isDefault: false, ...limits }) as Quota;

void test('last month is that of UTC, over the turn of a year too', () => {
  assert.deepEqual(spanOf('last-month', Date.UTC(2030, 0, 31, 23)), { from: '2029-12-01', to: '2030-01-01' });
  assert.deepEqual(spanOf('7d', 0), { from: '7d' });
  assert.deepEqual(spanOf('', 0), {});
  assert.deepEqual(spanOf('<script>', 0), {});
});

void test('amounts have as many digits as they need', () => {
  assert.deepEqual([0, 0.00412, 3.14159, 42.42, 1234.5].map(amountOf), ['0', '0.0041', '3.14', '42.4', '1,235']);
  assert.deepEqual([moneyOf(0.0017, 'EUR'), moneyOf(12, null), moneyOf(1234.5, 'CHF')], ['0.0017 EUR', '12.00', '1,234.50 CHF']);
  assert.equal(costsOf([]), undefined);
  assert.equal(costsOf([{ amount: 1, currency: 'CHF' }, { amount: 2.5, currency: 'EUR' }]), '1.00 CHF + 2.50 EUR');
});

void test('only what is limited is shown, 0 too', () => {
  const used = { tasks: 1, cpu: 2, memoryBytes: 3, gpus: 0, gpuHours: 0.5 };
  assert.deepEqual(sharesOf(quota({ cpu: 4, gpus: 0, used })).map(({ name, limit, used: part }) => [name, limit, part]), [['Cores', 4, 2], ['GPUs', 0, 0]]);
  assert.deepEqual(sharesOf(quota({ used })), []);
});

void test('limits are read back as they were set', () => {
  for (const limits of [{ tasks: 3, cpu: 1.5, memoryBytes: 64 * 2 ** 30, gpus: 0, gpuHours: 12.25, storageBytes: 500 * 2 ** 30 }, { storageBytes: 0 }, { memoryBytes: 0 }, { memoryBytes: 1_500_000_000 }, { memoryBytes: 123_456_789 }, {}])
    assert.deepEqual(limitsOf(draftOf(quota(limits))), limits);
});

void test('what is no limit is said at its field', () => {
  assert.deepEqual(limitRefusals(emptyLimits), {});
  assert.deepEqual(Object.keys(limitRefusals({ tasks: '1.5', cpu: '-1', memory: 'much', gpus: 'x', gpuHours: '1e9', storage: 'all' })), ['tasks', 'cpu', 'memory', 'storage', 'gpus', 'gpuHours']);
  assert.deepEqual(limitRefusals({ tasks: '0', cpu: '0.5', memory: '0', gpus: '', gpuHours: '100', storage: '' }), {});
});
