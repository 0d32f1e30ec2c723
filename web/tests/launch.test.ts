import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TemplateField, TemplateForm } from '../src/api/templates';
import { accessChoices, argumentsOf, bytesOf, emptyDraft, environmentOf, fieldOf, fitLineOf, isFilled, priceOf, refusalOf, refusalsOf, requestOf } from '../src/tasks/launch';

const field = (more: Partial<TemplateField>): TemplateField => ({ name: 'app', type: 'string', isAllowed: true, ...more });
const form = (more: Partial<TemplateForm> = {}): TemplateForm => ({
  fields: [], requests: { cpu: 0.5, memoryBytes: 536870912, gpus: 0 }, limits: {}, most: { cpu: 4, memoryBytes: 8e9, gpus: 1 },
  takesCommand: false, needsCommand: false, takesEnvironment: false, needsProject: false, access: 'owner', maxShare: 'public', ...more,
});

void test('an untouched form asks for nothing but the template', () => {
  assert.deepEqual(refusalsOf(form(), emptyDraft), {});
  assert.deepEqual(requestOf('jupyter', form(), emptyDraft), { template: 'jupyter' });
});

void test('labels are asked for only where some are chosen, and it is said how many runners fit', () => {
  assert.deepEqual(requestOf('jupyter', form(), { ...emptyDraft, labels: { gpu: 'a100' } }), { template: 'jupyter', labels: { gpu: 'a100' } });
  assert.equal(fitLineOf([{ couldFit: true }, { couldFit: false }, { couldFit: true }]), '2 of 3 runners fit');
});

void test('names are as the hub takes them', () => {
  for (const name of ['a', 'abc', 'my-notes-2']) assert.equal(refusalsOf(form(), { ...emptyDraft, name })['name'], undefined, name);
  for (const name of ['ab', 'A', 'a--b', '-abc', 'abc-', 'a'.repeat(31), 'a b']) assert.ok(refusalsOf(form(), { ...emptyDraft, name })['name'], name);
});

void test('a parameter is refused by its pattern, length, range, or where it is missing', () => {
  assert.ok(refusalOf(field({ pattern: '[a-z/]+' }), 'A'));
  assert.equal(refusalOf(field({ pattern: '[a-z/]+' }), 'a/b'), undefined);
  assert.equal(refusalOf(field({ pattern: '(?<broken' }), 'anything'), undefined, 'an expression that is none here is left to the hub');
  assert.ok(refusalOf(field({ maxLength: 2 }), 'abc'));
  assert.ok(refusalOf(field({}), ''));
  assert.equal(refusalOf(field({ default: '' }), ''), undefined);
  assert.equal(refusalOf(field({ type: 'number', min: 1, max: 5, isInteger: true }), '2.5'), 'A whole number from 1 to 5.');
  assert.equal(refusalOf(field({ type: 'number', min: 1 }), '0'), 'A number of at least 1.');
});

void test('sizes have units, decimal and binary', () => {
  assert.deepEqual(['4 GB', '512Mi', '1.5 GiB', '64MB', '2 k'].map(bytesOf), [4e9, 536870912, 1610612736, 64e6, 2000]);
  assert.deepEqual(['4', 'many', '0 GB', '-1 GB', '9999999999 TB', '1 B'].map(bytesOf), [undefined, undefined, undefined, undefined, undefined, undefined]);
  assert.equal(refusalsOf(form(), { ...emptyDraft, memory: '9 GB' })['memory'], 'At most 7.5 GiB.');
  assert.equal(refusalsOf(form(), { ...emptyDraft, gpus: '2' })['gpus'], 'A whole number from 0 to 1.');
});

void test('a command is taken apart as a shell does', () => {
  assert.deepEqual(argumentsOf(`sh -c "echo \\"hi\\" 'there'" '' a\\ b`), ['sh', '-c', `echo "hi" 'there'`, '', 'a b']);
  assert.deepEqual(argumentsOf('python3 \\\n  train.py'), ['python3', 'train.py']);
  assert.deepEqual(argumentsOf("'a\\b'"), ['a\\b']);
  assert.equal(argumentsOf('echo "open'), undefined);
});

void test('variables are NAME=VALUE by line', () => {
  assert.deepEqual(environmentOf('A=1\n\nB_2=x=y\r\n'), { A: '1', B_2: 'x=y' });
  assert.equal(environmentOf('no value'), undefined);
  assert.equal(environmentOf('2A=1'), undefined);
});

void test('what is asked for is what was said, and a parameter that is not allowed is left out', () => {
  const some = form({ takesCommand: true, takesEnvironment: true, fields: [field({ default: 'x' }), field({ name: 'other', isAllowed: false, default: 'y' })] });
  assert.deepEqual(requestOf('command', some, {
    ...emptyDraft, name: 'run', kind: 'job', command: 'echo hi', environment: 'A=1', cpu: '0.2', memory: '64 MB', gpus: '0', values: { app: 'mine', other: 'z' },
  }), {
    template: 'command', name: 'run', kind: 'job', parameters: { app: 'mine' }, command: ['echo', 'hi'], environment: { A: '1' }, resources: { cpu: 0.2, memoryBytes: 64e6, gpus: 0 },
  });
});

void test('what the hub refuses stands at its field', () => {
  const some = form({ fields: [field({})] });
  assert.equal(fieldOf(some, "The parameter 'app' cannot be 'x': it has to match."), 'param.app');
  assert.equal(fieldOf(some, "The template 'jupyter' takes 0.01 to 4 cores, not 5."), 'cpu');
  assert.equal(fieldOf(some, 'Something else.'), undefined);
});

void test('prices and choices in words', () => {
  assert.deepEqual([priceOf(0.4, 'EUR'), priceOf(0.0125, 'EUR'), priceOf(1234.5, null)], ['0.40 EUR an hour', '0.0125 EUR an hour', '1,234.50 an hour']);
  assert.deepEqual(accessChoices('project').map(({ value }) => value), ['owner', 'project']);
  assert.deepEqual(accessChoices('elsewhere').map(({ value }) => value), ['owner'], 'its owner always may');
});

void test('what is wrong in a field is said once it holds something, what is missing not before', () => {
  const draft = { ...emptyDraft, cpu: 'abc', memory: ' ', values: { app: 'mine' } };
  assert.deepEqual(['cpu', 'memory', 'name', 'param.app', 'param.other'].map((one) => isFilled(draft, one)), [true, false, false, true, false]);
});
