import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { secretOfFile, secretValueRefusal } from '../src/secrets/words';

const real = globalThis.fetch;

// In a browser the hub is where the page is from.
globalThis.Request = class extends Request {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === 'string' ? new URL(input, 'http://hub.test') : input, init);
  }
};
const { secretsApi } = await import('../src/api/secrets');

afterEach(() => {
  globalThis.fetch = real;
});

const heard = (answer: string) => {
  const asked: Request[] = [];
  globalThis.fetch = (request) => {
    asked.push(request as Request);
    return Promise.resolve(new Response(answer, { headers: { 'Content-Type': 'application/json', ETag: '"a1"' } }));
  };
  return asked;
};

void test('a new secret is put over none, and another value over the one that was seen', async () => {
  const asked = heard('{}');
  await secretsApi.create('db-url', 'v');
  const { etag } = await secretsApi.find('db-url', 'churn');
  await secretsApi.change('db-url', 'w', etag, 'churn');
  assert.deepEqual(asked.map((request) => request.headers.get('If-Match')), ['"0"', null, '"a1"']);
});

void test('the secrets of the hub are asked for alone', async () => {
  const asked = heard('{"items":[]}');
  await secretsApi.list();
  await secretsApi.list('churn');
  assert.deepEqual(asked.map((request) => new URL(request.url).search), ['?project=', '?project=churn']);
});

void test('a value is taken from a file as it is, and refused in one sentence when it is none', async () => {
  const key = '\ufeff-----BEGIN-----\r\nü\n-----END-----\n';
  assert.equal(await secretOfFile(new File([key], 'key.pem')), key);
  await assert.rejects(secretOfFile(new File([new Uint8Array([0x80])], 'key.der')), { message: 'key.der is no UTF-8; variables hold text.' });
  await assert.rejects(secretOfFile(new File(['x'.repeat(65_537)], 'disk')), { message: 'disk has more than the 64 KiB that a secret may have.' });
  assert.equal(secretValueRefusal(await secretOfFile(new File([''], 'empty'))), 'A value is not empty.');
});
