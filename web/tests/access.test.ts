import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessDraftOf, accessOf, isAccessWrong, isSameAccess, isSubjectWrong } from '../src/tunnels/access';
import { emptyDraft, problemsOf, ruleOf } from '../src/tunnels/rules';

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
