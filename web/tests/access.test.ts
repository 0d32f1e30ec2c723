import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessDraftOf, accessOf, accessText, isAccessWrong, isSameAccess, isSubjectWrong } from '../src/tunnels/access';
import { draftOf, emptyDraft, isNetwork, problemsOf, ruleOf } from '../src/tunnels/rules';

void test('what is shown of an access says the same to the hub again', () => {
  for (const access of ['owner', 'project', 'signed-in', 'public', 'group:ds', 'group:ds,user:anna']) {
    assert.equal(accessOf(accessDraftOf(access, null)).access, access);
  }
  const rules = [
    { allow: false, who: ['public'], paths: ['/admin/*'] },
    { allow: true, who: ['group:ds', 'user:anna'], networks: ['10.0.0.0/8', '2001:db8::/32'], methods: ['GET', 'HEAD'], note: 'until the demo', expires: '2031-05-05T12:30:00.000Z' },
  ];
  assert.deepEqual(accessOf(accessDraftOf('owner', rules)), { access: 'owner', rules });
  assert.ok(isSameAccess(accessDraftOf('owner', rules), accessDraftOf('owner', rules)));
  assert.ok(!isSameAccess(accessDraftOf('owner', rules), accessDraftOf('owner', [])));
});

void test('names are taken as they are typed, with commas, spaces or both', () => {
  const draft = { kind: 'named', subject: ' group:ds ,user:anna  user:bob', rules: [] };
  assert.equal(accessOf(draft).access, 'group:ds,user:anna,user:bob');
  assert.ok(!isSubjectWrong(draft));
});

void test('a choice of nobody, or of somebody without saying what it is, is wrong', () => {
  for (const subject of ['', ' , ', 'anna', 'group:', 'group:ds anna']) assert.ok(isSubjectWrong({ kind: 'named', subject, rules: [] }), subject);
  assert.ok(!isSubjectWrong({ kind: 'owner', subject: 'anna', rules: [] }));
});

void test('what is wrong with a rule is said by its field', () => {
  const wrong = (change: object) => Object.keys(problemsOf({ ...emptyDraft(), ...change }));
  assert.deepEqual(wrong({}), []);
  assert.deepEqual(wrong({ who: '' }), ['who']);
  assert.deepEqual(wrong({ who: 'signed-in, everybody' }), ['who']);
  assert.deepEqual(wrong({ networks: '10.0.0.0/8, intranet' }), ['networks']);
  assert.deepEqual(wrong({ networks: '::1, fe80::/10, 192.0.2.7' }), []);
  assert.deepEqual(wrong({ methods: 'GET, 7' }), ['methods']);
  assert.deepEqual(wrong({ paths: '/ok, admin' }), ['paths']);
  assert.ok(isAccessWrong({ kind: 'owner', subject: '', rules: [{ ...emptyDraft(), who: '' }] }));
});

void test('methods are sent in capitals, and what is left empty is not sent', () => {
  assert.deepEqual(ruleOf({ ...emptyDraft(), methods: 'get,head', note: '  ' }), { allow: true, who: ['signed-in'], methods: ['GET', 'HEAD'] });
});

void test('two methods without a comma are a slip, not two methods', () => {
  assert.deepEqual(Object.keys(problemsOf({ ...emptyDraft(), methods: 'GE T' })), ['methods']);
  assert.deepEqual(problemsOf({ ...emptyDraft(), methods: ' get , M-SEARCH' }), {});
});

void test('a rule that would never hold is refused, one that is over may stay', () => {
  const now = Date.parse('2031-05-05T12:30:00Z');
  assert.deepEqual(Object.keys(problemsOf({ ...emptyDraft(), expires: '2031-05-05T00:00' }, now)), ['expires']);
  assert.deepEqual(problemsOf({ ...emptyDraft(), expires: '2031-05-06T00:00' }, now), {});
  assert.deepEqual(problemsOf(draftOf({ who: ['public'], expires: '2030-01-01T00:00:00Z' }), now), {});
});

void test('what the hub takes as a network is one, and nothing else', () => {
  for (const good of ['10.0.0.0/8', '192.0.2.7', '0.0.0.0/0', '::1', 'fe80::/10', '2001:db8::/32', '::ffff:192.0.2.7']) assert.ok(isNetwork(good), good);
  for (const bad of ['', '10.0.0', '10.0.0.256', '10.0.0.0/33', '::1/129', ':::', 'fe80', '10.0.0.0/8/8', 'a:b:c', '10.0.0.0/']) assert.ok(!isNetwork(bad), bad);
});

void test('a note has as many letters as the hub keeps', () => {
  assert.deepEqual(problemsOf({ ...emptyDraft(), note: 'n'.repeat(200) }), {});
  assert.deepEqual(Object.keys(problemsOf({ ...emptyDraft(), note: 'n'.repeat(201) })), ['note']);
});

void test('an access of several is said as several', () => {
  assert.equal(accessText('group:ds,user:bob,user:victor'), 'group ds, user bob, user victor');
});
