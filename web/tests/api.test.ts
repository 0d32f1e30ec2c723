import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ask, ifStill, proveBy, whenOtherSession, whenSignedOut } from '../src/api/client';
import { allPages } from '../src/api/pages';
import { Problem } from '../src/api/problem';
import { whyMissing } from '../src/app/missing';

const real = globalThis.fetch;
const answer = (status: number, body: string, type = 'application/problem+json') => {
  const asked: Request[] = [];
  globalThis.fetch = (request) => {
    asked.push(request as Request);
    return Promise.resolve(new Response(status === 204 ? null : body, { status, headers: { 'Content-Type': type } }));
  };
  return asked;
};
const failWith = (failure: unknown) => {
  globalThis.fetch = () => Promise.reject(failure);
};
const to = (path: string, method = 'GET') => new Request(`http://hub.test${path}`, { method });

afterEach(() => {
  globalThis.fetch = real;
  proveBy(undefined);
  whenSignedOut(() => undefined);
  whenOtherSession(() => Promise.resolve(false));
});

void test('a problem has the words, the code and the request of the hub', async () => {
  answer(409, JSON.stringify({ code: 'name-taken', detail: 'There is a tunnel demo already.', requestId: 'r1' }));
  await assert.rejects(ask(to('/api/v1/tunnels')), (problem: Problem) => {
    assert.deepEqual([problem.status, problem.code, problem.message, problem.requestId, problem.isMissing], [409, 'name-taken', 'There is a tunnel demo already.', 'r1', false]);
    return true;
  });
});

void test('an error page of somebody else is a problem too', async () => {
  for (const body of ['<html>Bad gateway</html>', '', '[]', '"text"', 'null', '{"detail":7,"code":[]}']) {
    answer(502, body, 'text/html');
    await assert.rejects(ask(to('/api/v1/tunnels')), (problem: Problem) => problem instanceof Problem && problem.status === 502 && problem.code === 'failed' && problem.message.includes('502'));
  }
});

void test('what cannot be reached and what does not answer are told apart', async () => {
  failWith(new TypeError('Failed to fetch'));
  await assert.rejects(ask(to('/api/v1/tunnels')), (problem: Problem) => problem.code === 'unreachable');
  failWith(new DOMException('late', 'TimeoutError'));
  await assert.rejects(ask(to('/api/v1/tunnels')), (problem: Problem) => problem.code === 'timeout');
});

void test('a request that is given up is no problem of the hub', async () => {
  const stop = new AbortController();
  stop.abort();
  failWith(new DOMException('gone', 'AbortError'));
  await assert.rejects(ask(new Request('http://hub.test/api/v1/tunnels', { signal: stop.signal })), (failure: Error) => !(failure instanceof Problem));
});

void test('the proof that a request is ours goes with changes, and with nothing else', async () => {
  proveBy('proof');
  const asked = answer(200, '{}', 'application/json');
  await ask(to('/api/v1/tunnels'));
  await ask(to('/api/v1/tunnels/demo', 'DELETE'));
  assert.deepEqual(asked.map((request) => request.headers.get('X-Adit-Csrf')), [null, 'proof']);
});

void test('a session that is over is noticed once the hub says so, but a wrong password is none', async () => {
  let count = 0;
  whenSignedOut(() => count++);
  answer(401, '{}');
  await assert.rejects(ask(to('/api/v1/sign-in', 'POST')));
  assert.equal(count, 0);
  await assert.rejects(ask(to('/api/v1/tunnels')));
  assert.equal(count, 1);
});

void test('a change refused for its proof is sent once more for the same person, with the new proof and all that it said', async () => {
  const said: string[] = [];
  globalThis.fetch = async (request) => {
    const proof = (request as Request).headers.get('X-Adit-Csrf') ?? '';
    said.push(`${proof} ${await (request as Request).text()}`);
    return proof === 'new' ? new Response('{}') : new Response('{"code":"csrf"}', { status: 403 });
  };
  const change = () => ask(new Request('http://hub.test/api/v1/tunnels/demo', { method: 'PATCH', body: 'keep' }));
  const renew = (to: string, isSame: boolean) => whenOtherSession(() => {
    proveBy(to);
    return Promise.resolve(isSame);
  });
  proveBy('old');
  renew('new', true);
  assert.ok((await change()).ok);
  assert.deepEqual(said.splice(0), ['old keep', 'new keep']);

  proveBy('old');
  renew('new', false);
  await assert.rejects(change(), (problem: Problem) => problem.code === 'other-session');
  assert.deepEqual(said.splice(0), ['old keep']);

  proveBy('old');
  renew('old', true);
  await assert.rejects(change(), (problem: Problem) => problem.code === 'csrf');
  assert.equal(said.length, 2);
});

void test('a part that did not come is of a newer interface only when the hub says so', async () => {
  const script = 'http://hub.test/assets/index-1.js';
  answer(200, '<script type="module" src="/assets/index-1.js"></script>', 'text/html');
  assert.equal(await whyMissing(script), 'broken');
  answer(200, '<script type="module" src="/assets/index-2.js"></script>', 'text/html');
  assert.equal(await whyMissing(script), 'newer');
  answer(502, 'Bad gateway', 'text/html');
  assert.equal(await whyMissing(script), 'unreachable');
  failWith(new TypeError('Failed to fetch'));
  assert.equal(await whyMissing(script), 'unreachable');
});

void test('a change holds for the state that was seen, where there was one', () => {
  assert.deepEqual(ifStill('"7"'), { 'If-Match': '"7"' });
  assert.deepEqual(ifStill(null), {});
});

void test('all pages of a list are read, and a hub that never ends is read for a hundred', async () => {
  const pages = new Map([['', { items: [1, 2], next: 'b' }], ['b', { items: [3], next: null }]]);
  assert.deepEqual(await allPages((cursor) => Promise.resolve(pages.get(cursor ?? '')!)), [1, 2, 3]);
  let asked = 0;
  await allPages(() => Promise.resolve({ items: [asked++], next: 'more' }));
  assert.equal(asked, 100);
});
