import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameRefusal } from '../src/people/names';
import { originsOf, originsRefusal } from '../src/routes/routes';
import { codeIn, localPath } from '../src/signin/localPath';
import { passwordRefusal } from '../src/signin/password';

Object.assign(globalThis, { location: new URL('https://hub.test/sign-in') });

void test('after signing in one goes to where one was going on this hub', () => {
  for (const path of ['/tokens', '/tunnels/demo?x=1#y', '/apps/authorize?app_host=demo.hub.test']) assert.equal(localPath(path), path);
});

void test('what could lead to another site, or round in a circle, leads home', () => {
  const hostile = [
    null, '', 'tokens', '//evil.test', '/\\evil.test', 'https://evil.test/', 'javascript:alert(1)', '/\t/evil.test', '/\n//evil.test', '/a b', '/a\\b', '/..//evil.test',
    '/sign-in?to=/sign-in', `/${'a'.repeat(5000)}`,
  ];
  for (const to of hostile) assert.equal(localPath(to), '/', String(to));
});

void test('a password is as long as the hub says, and any before it has said so', () => {
  const rule = { minLength: 10, maxLength: 256 };
  assert.equal(passwordRefusal('short', rule), 'At least 10 characters.');
  assert.equal(passwordRefusal('short', { ...rule, minLength: 5 }), undefined);
  assert.equal(passwordRefusal('a'.repeat(257), rule), 'At most 256 characters.');
  assert.equal(passwordRefusal('short', undefined), undefined);
});

void test('names of accounts are those that the hub takes', () => {
  for (const good of ['a', '7', 'churn-ci', 'a.b_c', 'a'.repeat(63)]) assert.equal(nameRefusal(good), undefined, good);
  for (const bad of ['', 'Anna', '-a', '.a', 'a b', 'ä', 'a'.repeat(64), 'a\n']) assert.ok(nameRefusal(bad), bad);
});

void test('origins are taken one a line or with commas, without a slash at their end', () => {
  assert.deepEqual(originsOf(' https://a.test/\nhttp://b.test:8080, https://c.test '), ['https://a.test', 'http://b.test:8080', 'https://c.test']);
  assert.equal(originsRefusal('https://a.test\nhttp://b.test:8080'), undefined);
  for (const bad of ['', 'a.test', 'https://', 'https://a.test/path', 'ftp://a.test']) assert.ok(originsRefusal(bad), bad);
});

void test('what is no code of an invitation is none, and breaks nothing', () => {
  assert.equal(codeIn('#inv_a.b%2Bc'), 'inv_a.b+c');
  for (const none of ['', '#', '#%E0%A4%A']) assert.equal(codeIn(none), '', none);
});
