import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoverySettings, noChap, sessionSettings } from './chap.ts';

const secret = {
  'discovery.sendtargets.auth.username': 'du',
  'discovery.sendtargets.auth.password': 'dp',
  'node.session.auth.username': 'su',
  'node.session.auth.password': 'sp',
  'node.session.auth.username_in': 'ti',
  'node.session.auth.password_in': '',
  other: 'x',
};

test('a secret is used for what asks for it', () => {
  const discovery = [
    { name: 'discovery.sendtargets.auth.authmethod', value: 'CHAP' },
    { name: 'discovery.sendtargets.auth.username', value: 'du' },
    { name: 'discovery.sendtargets.auth.password', value: 'dp' },
  ];
  const session = [
    { name: 'node.session.auth.authmethod', value: 'CHAP' },
    { name: 'node.session.auth.username', value: 'su' },
    { name: 'node.session.auth.password', value: 'sp' },
    { name: 'node.session.auth.username_in', value: 'ti' },
  ];
  for (const [chap, discoveryExpected, sessionExpected] of [
    [noChap, [], []],
    [{ discovery: true, session: false, secret }, discovery, []],
    [{ discovery: false, session: true, secret }, [], session],
    [{ discovery: true, session: true, secret: {} }, discovery.slice(0, 1), session.slice(0, 1)],
  ] as const) {
    assert.deepEqual(discoverySettings(chap), discoveryExpected);
    assert.deepEqual(sessionSettings(chap), sessionExpected);
  }
});
