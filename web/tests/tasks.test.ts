import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runner } from '../src/api/runners';
import type { Task } from '../src/api/tasks';
import { capacitiesOf, knownLabels, labelLineOf, labelsOf, linesOfLabels, linesOfTaints, reservedLineOf, runnerLineOf, standingOf, taintsOf, usersOf } from '../src/runners/capacity';
import { stepsOf } from '../src/tasks/steps';
import { courseMeter, pointsOf } from '../src/tasks/usage';
import { commandLineOf, placeOf, resourcesOf, situationOf, tookOf } from '../src/tasks/words';
import { linesOf, offsetOf } from '../src/templates/documents';

const task = (id: string, cpu: number | undefined, attempt = 1) => ({ id, attempt, usage: cpu === undefined ? null : { cpu, memoryBytes: 1000 } }) as unknown as Task;

void test('a course is what was answered, the last forty samples of it', () => {
  const meter = courseMeter();
  let course: readonly number[] = [];
  for (let at = 0; at < 100; at++) course = meter([task('a', at)], at * 5000)[0]!.course.cpu;
  assert.deepEqual([course.length, course[0], course.at(-1)], [40, 60, 99]);
});

void test('answers in quick succession are one sample, another start and a task without use begin anew', () => {
  const meter = courseMeter();
  meter([task('a', 1)], 0);
  assert.deepEqual(meter([task('a', 2)], 500)[0]!.course.cpu, [1]);
  assert.deepEqual(meter([task('a', 3)], 5000)[0]!.course.cpu, [1, 3]);
  assert.deepEqual(meter([task('a', 4, 2)], 10_000)[0]!.course.cpu, [4]);
  assert.deepEqual(meter([task('a', undefined)], 15_000)[0]!.course.cpu, []);
});

void test('a private runner says whose tasks start there', () => {
  assert.equal(usersOf({ isPrivate: true, owner: 'ann' }), 'only ann');
  assert.equal(usersOf({ isPrivate: false, owner: 'ann' }), 'everybody');
});

void test('a place in the queue is said in a sentence', () => {
  assert.deepEqual([placeOf(1), placeOf(1200)], ['next in the queue', 'in place 1,200 of the queue']);
});

void test('labels that tell runners apart can be chosen, with how many have them', () => {
  const labels = { name: 'gpu1', os: 'linux', arch: 'x64', gpu: 'a100', room: 'cellar' };
  assert.equal(labelLineOf({ labels }), 'gpu=a100, room=cellar');
  assert.equal(labelLineOf({ labels: { name: 'lab' } }), '');
  assert.deepEqual(knownLabels([{ labels }, { labels: { name: 'lab', os: 'macos', arch: 'x64', room: 'cellar' } }]).map(({ key, value, runners }) => `${key}=${value} ${String(runners)}`),
    ['gpu=a100 1', 'os=linux 1', 'os=macos 1', 'room=cellar 2']);
  assert.deepEqual(knownLabels([]), []);
});

void test('how full a runner is fits in a line', () => {
  const facts = { cpus: 2, memoryBytes: 2 ** 34, gpus: [{}] } as unknown as NonNullable<Runner['facts']>;
  assert.equal(reservedLineOf({ facts, usage: null, reserved: { cpu: 0.5 }, isUp: true }), '0.50/2 cores, 0/16 GiB, 0/1 GPU');
  assert.equal(reservedLineOf({ facts: null, usage: null, reserved: {}, isUp: true }), 'not heard yet');
});

void test('a task that was told to end says that its runner is away', () => {
  const progress = "waits for its runner 'box', which is not connected";
  assert.equal(situationOf({ state: 'stopping', progress, reason: 'stopped by ann' }), progress);
  assert.equal(situationOf({ state: 'lost', progress, reason: 'not heard of' }), progress);
});

void test('a sparkline ends at the right and stays in its box', () => {
  assert.equal(pointsOf([1], 1, 39, 10), '');
  assert.equal(pointsOf([0, 1, 5], 1, 39, 10), '37.0,10.0 38.0,0.0 39.0,0.0');
  assert.equal(pointsOf([0, 0], 0, 39, 10), '38.0,10.0 39.0,10.0');
});

void test('a state is explained by its place, its progress, its reason or its exit code', () => {
  assert.equal(situationOf({ state: 'queued', queue: { position: 1, reason: 'no room.' } }), 'next: no room.');
  assert.equal(situationOf({ state: 'queued', queue: { position: 1200, reason: 'no room.' } }), 'place 1,200: no room.');
  assert.equal(situationOf({ state: 'preparing', progress: 'pulling 40%' }), 'pulling 40%');
  assert.equal(situationOf({ state: 'failed', exitCode: 3 }), 'ended with 3');
  assert.equal(situationOf({ state: 'ready', progress: 'the disk is full' }), 'the disk is full', 'what its runner is in trouble with');
  assert.equal(situationOf({ state: 'stopped', progress: 'old' }), '');
});

void test('the bars of a start are parts of its longest step, and being ready is none', () => {
  const steps = stepsOf({ steps: [
    { state: 'queued', at: '2026-01-01T00:00:00Z' }, { state: 'starting', at: '2026-01-01T00:00:01Z' },
    { state: 'ready', at: '2026-01-01T00:00:05Z' }, { state: 'stopped', at: '2026-01-01T01:00:00Z' },
  ] });
  assert.deepEqual(steps.map(({ part, isNow }) => [part, isNow]), [[0.25, false], [1, false], [1, false], [0, true]]);
  assert.deepEqual([tookOf(400), tookOf(42_000), tookOf(185_000), tookOf(7_800_000), tookOf(200_000_000)], ['0.4 s', '42 s', '3 min 5 s', '2 h 10 min', '2 d 7 h']);
});

void test('sizes and commands in words', () => {
  assert.equal(resourcesOf({ cpu: 1, memoryBytes: 536870912, gpus: 2, gpuType: 'a100' }), '1 core, 512 MiB, 2 GPUs a100');
  assert.equal(resourcesOf({}), 'nothing reserved');
  assert.equal(commandLineOf(['sh', '-c', "echo it's", '{{port}}', '']), "sh -c 'echo it'\\''s' {{port}} ''");
});

void test('what a runner has: reserved, and used while it is heard', () => {
  const runner = { isUp: true, facts: { cpus: 8, memoryBytes: 1e9, gpus: [{}, {}] }, usage: { cpu: 2.5, memoryBytes: 5e8, gpus: [0.5, 1] }, reserved: { cpu: 4, gpus: 1 } } as unknown as Runner;
  assert.deepEqual(capacitiesOf(runner).map(({ name, all, reserved, used }) => [name, all, reserved, used]), [['Cores', 8, 4, 2.5], ['Memory', 1e9, 0, 5e8], ['GPUs', 2, 1, 1.5]]);
  assert.equal(capacitiesOf({ ...runner, isUp: false })[0]!.used, undefined);
  assert.deepEqual(capacitiesOf({ ...runner, facts: null }), []);
  assert.equal(standingOf({ isUp: true, isDraining: true, isCordoned: true }), 'draining');
  assert.equal(standingOf({ isUp: false, isDraining: true, isCordoned: true }), 'down');
});

void test('the line of a runner is safe to paste', () => {
  assert.equal(
    runnerLineOf({ hub: 'https://hub.example', token: 'adit_x', name: 'gpu1', labels: { gpu: 'a 100; rm' } }),
    "ADIT_HUB=https://hub.example ADIT_TOKEN=adit_x adit runner --name gpu1 --label 'gpu=a 100; rm'",
  );
  assert.deepEqual(labelsOf('gpu=a100\n\nrack=\n'), { gpu: 'a100', rack: '' });
  assert.equal(labelsOf('gpu'), undefined);
  assert.equal(labelsOf('a=1\na=2'), undefined);
  assert.deepEqual(taintsOf('gpu\nteam=ds'), [{ key: 'gpu' }, { key: 'team', value: 'ds' }]);
  assert.equal(taintsOf('$x'), undefined);
});

void test('a remark leads to its place in the text, also where the text is shorter now', () => {
  const text = 'a: 1\nbb: 2\n';
  assert.deepEqual([offsetOf(text, { line: 2, column: 3 }), offsetOf(text, { line: 2, column: 99 }), offsetOf(text, { line: 9, column: 1 })], [7, 10, 11]);
  assert.deepEqual([...linesOf([{ line: 1, column: 1, message: '', isWarning: true }, { line: 1, column: 2, message: '', isWarning: false }, { line: 2, column: 1, message: '', isWarning: true }])], [[1, true], [2, false]]);
});

void test('labels and taints are written as they are read', () => {
  const labels = { gpu: 'a100', room: '' };
  const taints = [{ key: 'exam' }, { key: 'team', value: 'vision' }];
  assert.deepEqual(labelsOf(linesOfLabels(labels)), labels);
  assert.deepEqual(taintsOf(linesOfTaints(taints)), taints);
  assert.deepEqual([labelsOf(linesOfLabels({})), taintsOf(linesOfTaints([]))], [{}, []]);
});
