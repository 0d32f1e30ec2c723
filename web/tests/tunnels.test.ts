import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeaderField, Tunnel } from '../src/api/tunnels';
import { readBody } from '../src/tunnels/bodies';
import { flowMeter } from '../src/tunnels/flow';

const tunnel = (bytesIn: number, requests: number, name = 'demo') => ({ name, traffic: { bytesIn, bytesOut: 0, requests } }) as unknown as Tunnel;
const type = (value: string): HeaderField[] => [{ name: 'Content-Type', value }];
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');
const textOf = (text: string) => Buffer.from(text).toString('base64');

void test('a rate is what has passed since the sample before', () => {
  const meter = flowMeter();
  assert.equal(meter([tunnel(1000, 1)], 0)[0]!.perSecond, undefined);
  const [second] = meter([tunnel(5000, 5)], 2000);
  assert.deepEqual([second!.perSecond, second!.requestsPerSecond], [2000, 2]);
});

void test('two samples in quick succession say nothing, and the older one stands', () => {
  const meter = flowMeter();
  meter([tunnel(0, 0)], 0);
  assert.equal(meter([tunnel(100, 1)], 100)[0]!.perSecond, undefined);
  assert.equal(meter([tunnel(4000, 4)], 2000)[0]!.perSecond, 2000);
});

void test('a counter that begins anew is no negative rate, and a new tunnel has none', () => {
  const meter = flowMeter();
  meter([tunnel(10_000, 10)], 0);
  const [again, fresh] = meter([tunnel(10, 0), tunnel(7, 7, 'fresh')], 2000);
  assert.deepEqual([again!.perSecond, fresh!.perSecond], [0, undefined]);
});

void test('JSON is indented, whatever it is called, and what was cut off is text', () => {
  assert.equal(readBody(textOf('{"a":1}'), []).text, '{\n  "a": 1\n}');
  assert.equal(readBody(textOf('{"a":'), type('application/json')).text, '{"a":');
});

void test('a form is shown by its fields', () => {
  assert.equal(readBody(textOf('a=1&b=x%20y'), type('application/x-www-form-urlencoded')).text, 'a = 1\nb = x y');
});

void test('what is no text is shown as bytes, also when it is compressed or says otherwise', () => {
  assert.match(readBody(base64(0, 1, 0xff), type('text/plain')).text, /^000000 {2}00 01 ff/);
  assert.match(readBody(textOf('hello'), [{ name: 'content-encoding', value: 'gzip' }]).text, /68 65 6c 6c 6f.*hello$/);
});

void test('text that was cut in the middle of a letter is text', () => {
  assert.equal(readBody(base64(0x61, 0xc3), type('text/plain')).text, 'a');
});
