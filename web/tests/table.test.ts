import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, counted, destination } from '../src/design/arrange';

interface Row {
  readonly name: string;
  readonly size: number;
}

const rows: readonly Row[] = [{ name: 'berta', size: 3 }, { name: 'Anna', size: 10 }, { name: 'carl', size: 3 }];
const columns = [{ key: 'name', sort: ({ name }: Row) => name.toLowerCase() }, { key: 'size', sort: ({ size }: Row) => size }, { key: 'end' }];
const names = (filter: string, key: string | undefined, descending = false) =>
  arrange(rows, columns, ({ name, size }) => `${name} ${String(size)}`, filter, { key, descending }).map(({ name }) => name);

void test('rows are sorted by a column, numbers as numbers', () => {
  assert.deepEqual(names('', 'name'), ['Anna', 'berta', 'carl']);
  assert.deepEqual(names('', 'size', true), ['Anna', 'berta', 'carl']);
});

void test('rows that are equal stay in the order they came in, in both directions', () => {
  assert.deepEqual(names('3', 'size'), ['berta', 'carl']);
  assert.deepEqual(names('3', 'size', true), ['berta', 'carl']);
});

void test('a column that cannot be sorted by, or that there is not, leaves the order', () => {
  for (const key of ['end', 'nothing', undefined]) assert.deepEqual(names('', key), ['berta', 'Anna', 'carl']);
});

void test('a filter needs each of its words, in any order and whatever their case', () => {
  assert.deepEqual(names('10 ANNA', undefined), ['Anna']);
  assert.deepEqual(names('  ', undefined), ['berta', 'Anna', 'carl']);
  assert.deepEqual(names('anna 3', undefined), []);
});

void test('ten thousand rows are filtered and sorted without being changed themselves', () => {
  const many = Array.from({ length: 10_000 }, (_, at) => ({ name: `row ${String(at % 97)}`, size: at }));
  const before = [...many];
  const shown = arrange(many, columns, ({ name }) => name, 'row 5', { key: 'size', descending: true });
  assert.deepEqual(many, before);
  assert.ok(shown.length > 0 && shown.every(({ name }, at) => name.includes('5') && (at === 0 || shown[at - 1]!.size > shown[at]!.size)));
});

void test('the count says how many of how many, and one of something as one', () => {
  assert.equal(counted(1, 1, 'accounts'), '1 account');
  assert.equal(counted(1, 1, 'policies'), '1 policy');
  assert.equal(counted(0, 0, 'tokens'), '0 tokens');
  assert.equal(counted(12_345, 12_345, 'tokens'), '12,345 tokens');
  assert.equal(counted(1, 1_200, 'service accounts'), '1 of 1,200 service accounts');
});

void test('keys lead from row to row and not out of the table', () => {
  assert.equal(destination('ArrowDown', -1, 3), 0);
  assert.equal(destination('ArrowDown', 2, 3), 2);
  assert.equal(destination('ArrowUp', 0, 3), 0);
  assert.equal(destination('ArrowUp', -1, 3), undefined);
  assert.equal(destination('Home', 2, 3), 0);
  assert.equal(destination('End', 0, 3), 2);
  assert.equal(destination('Enter', 0, 3), undefined);
});
