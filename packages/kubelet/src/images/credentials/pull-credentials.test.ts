import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '../../objects/types.ts';
import { testPod } from '../../testing/pod.ts';
import { credentialsHash, pullCredentials, pullSecretsOf } from './pull-credentials.ts';

function secret(name: string, type: string, key: string, content: unknown): Secret {
  const data = new Map([[key, Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))]]);
  return { namespace: 'n', name, resourceVersion: '1', immutable: false, type, data };
}
const auths = (password: string) => ({ 'a.example': { username: 'u', password } });
const json = (name: string, password: string) =>
  secret(name, 'kubernetes.io/dockerconfigjson', '.dockerconfigjson', { auths: auths(password) });
const cfg = (name: string, password: string) =>
  secret(name, 'kubernetes.io/dockercfg', '.dockercfg', auths(password));
const node = [{ registry: 'a.example', username: 'u', password: 'node', email: '' }];

test("a pod's Secrets come before the node's file, in their order", () => {
  const all = pullCredentials('a.example/app', [cfg('one', '1'), json('two', '2')], node);
  assert.deepEqual(
    all.map(({ password, secret }) => [password, secret?.namespace, secret?.name]),
    [
      ['1', 'n', 'one'],
      ['2', 'n', 'two'],
      ['node', undefined, undefined],
    ],
  );
  assert.deepEqual(pullCredentials('b.example/app', [cfg('one', '1')], node), []);
});

test('a Secret of another type, or with nothing in it, has no credentials', () => {
  const secrets = [
    secret('a', 'Opaque', '.dockerconfigjson', { auths: auths('x') }),
    secret('b', 'kubernetes.io/dockerconfigjson', '.dockercfg', auths('x')),
    secret('c', 'kubernetes.io/dockerconfigjson', '.dockerconfigjson', ''),
  ];
  assert.deepEqual(pullCredentials('a.example/app', secrets, []), []);
});

test('a Secret that is not as its type has it is named', () => {
  const broken = secret('s', 'kubernetes.io/dockercfg', '.dockercfg', { 'a.example': 5 });
  assert.throws(() => pullCredentials('a.example/app', [broken], []), {
    message: 'secret "n/s": the entry of a.example is not a JSON object',
  });
});

test('pull Secrets are of the namespace of the pod, and an empty name is none', () => {
  const imagePullSecrets = [{ name: 'one' }, {}, { name: '' }, { name: 'none' }];
  const pod = testPod({ containers: [], imagePullSecrets }, { namespace: 'n' });
  const one = cfg('one', '1');
  const found = pullSecretsOf(pod, {
    secret: (namespace, name) => (namespace === 'n' && name === 'one' ? one : undefined),
  });
  assert.deepEqual(found, { secrets: [one], missing: ['none'] });
});

test('the hash follows names and passwords', () => {
  const of = (...passwords: string[]) =>
    credentialsHash(passwords.map((password) => ({ registry: 'r', username: 'u', password, email: '' })));
  assert.equal(of('1', '2'), of('1', '2'));
  assert.notEqual(of('1', '2'), of('2', '1'));
  assert.notEqual(of(), of(''));
});
