import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AllowedPulls,
  allowedBy,
  type PulledRecord,
  type PullSecret,
  parseRecord,
  podProof,
  verify,
  withPull,
} from './pulled-record.ts';

const now = new Date('2026-01-02T03:04:05.678Z');
const lastUpdatedTime = '2026-01-02T03:04:05Z';
const secret = (name: string, credentialHash: string): PullSecret => ({
  uid: '',
  namespace: 'n',
  name,
  credentialHash,
});
const record = (allowed: AllowedPulls): PulledRecord => ({
  imageRef: 'sha256:1',
  lastUpdatedTime: 'before',
  credentialMapping: { 'a/b': allowed },
});
const known = record({ kubernetesSecrets: [secret('s', '1')] });

for (const [what, given, secrets, want] of [
  ['no record', undefined, [secret('s', '1')], { pull: true }],
  ['another name', record({}), [], { pull: true }],
  ['a record that names nobody', record({}), [secret('s', '1')], { pull: true }],
  ['an image for everybody', record({ nodePodsAccessible: true }), [], { pull: false }],
  ['no Secret', known, [], { pull: true }],
  ['the Secret', known, [secret('s', '1')], { pull: false }],
  ['the Secret with other credentials', known, [secret('s', '2')], { pull: false, learnt: secret('s', '2') }],
  [
    'another Secret with its credentials',
    known,
    [secret('t', '1')],
    { pull: false, learnt: secret('t', '1') },
  ],
  ['another Secret', known, [secret('t', '2')], { pull: true }],
  ['another one first', known, [secret('t', '2'), secret('s', '1')], { pull: false }],
  ['no hash', record({ kubernetesSecrets: [secret('s', '')] }), [secret('t', '')], { pull: true }],
  [
    'a full record',
    record({ kubernetesSecrets: Array.from({ length: 100 }, (_, index) => secret(`s${index}`, `${index}`)) }),
    [secret('t', '5')],
    { pull: false },
  ],
] as const) {
  test(`verified against ${what}`, () =>
    assert.deepEqual(verify(given, 'a/b', { secrets, serviceAccount: undefined }), want));
}

test('a name of an object is no record', () => {
  assert.deepEqual(
    verify(record({}), 'constructor', { secrets: [secret('s', '1')], serviceAccount: undefined }),
    { pull: true },
  );
});

test('a record gets what is new, and is the same object otherwise', () => {
  const first = withPull(undefined, 'sha256:1', 'a/b', { kubernetesSecrets: [secret('t', '1')] }, now);
  assert.deepEqual(first, {
    imageRef: 'sha256:1',
    lastUpdatedTime,
    credentialMapping: { 'a/b': { kubernetesSecrets: [secret('t', '1')] } },
  });
  const add = (to: PulledRecord, allowed: AllowedPulls | undefined, name = 'a/b') =>
    withPull(to, 'sha256:1', name, allowed, now);
  assert.equal(add(first, undefined), first);
  assert.equal(add(first, { kubernetesSecrets: [secret('t', '1')] }), first);
  const second = add(first, { kubernetesSecrets: [secret('s', '1'), secret('t', '2')] });
  assert.deepEqual(second.credentialMapping['a/b'], {
    kubernetesSecrets: [secret('s', '1'), secret('t', '2')],
  });
  const open = add(second, { nodePodsAccessible: true });
  assert.deepEqual(open.credentialMapping['a/b'], { nodePodsAccessible: true });
  assert.equal(add(open, { kubernetesSecrets: [secret('u', '1')] }), open);
  assert.deepEqual(Object.keys(add(open, { nodePodsAccessible: true }, 'c').credentialMapping), ['a/b', 'c']);
  assert.deepEqual(withPull(undefined, 'sha256:1', 'a', undefined, now).credentialMapping, {});
});

test('credentials of a pod are known by its Secret, those of the node by nothing', () => {
  const entry = { registry: 'r', username: 'u', password: 'p<', email: '' };
  const ofPod = { ...entry, secret: { namespace: 'n', name: 's' } };
  const ofNode = { ...entry, secret: undefined };
  // From the real kubelet's hashAuthConfig: of {"username":"u","password":"p\u003c"}.
  const hash = '43613dbfa39e0fb6f3063b043db9971ece8a578c595a1818942ae332c4037ec5';
  assert.deepEqual(podProof([ofNode, ofPod]).secrets, [secret('s', hash)]);
  assert.deepEqual(allowedBy(ofPod), { kubernetesSecrets: [secret('s', hash)] });
  assert.deepEqual(allowedBy(ofNode), { nodePodsAccessible: true });
  assert.deepEqual(allowedBy(undefined), { nodePodsAccessible: true });
});

test('a file of the real kubelet is read', () => {
  const text =
    '{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v1beta1","lastUpdatedTime":"2026-01-02T03:04:05Z","imageRef":"sha256:1","credentialMapping":{"a/b":{"kubernetesSecrets":[{"uid":"","namespace":"n","name":"s","credentialHash":"1"}]},"c":{"nodePodsAccessible":true},"d":{}}}';
  assert.deepEqual(parseRecord(text, 'sha256:1'), {
    imageRef: 'sha256:1',
    lastUpdatedTime,
    credentialMapping: {
      'a/b': { kubernetesSecrets: [secret('s', '1')] },
      c: { nodePodsAccessible: true },
      d: { kubernetesSecrets: [] },
    },
  });
  assert.equal(parseRecord(text, 'sha256:2'), undefined);
  assert.throws(() => parseRecord('{', 'sha256:1'));
});

test('a service account proves what it has pulled, and only itself', () => {
  const account = { uid: 'u1', namespace: 'default', name: 'puller' };
  const credentials = { registry: 'a', username: 'u', password: 'p', email: '', secret: undefined };
  const allowed = allowedBy({ ...credentials, serviceAccount: account });
  assert.deepEqual(allowed, { kubernetesServiceAccounts: [account] });
  const bySecret = withPull(record({}), 'sha256:1', 'a/b', { kubernetesSecrets: [secret('s', '1')] }, now);
  const both = withPull(bySecret, 'sha256:1', 'a/b', allowed, now);
  assert.deepEqual(both.credentialMapping['a/b'], {
    kubernetesSecrets: [secret('s', '1')],
    kubernetesServiceAccounts: [account],
  });
  assert.equal(withPull(both, 'sha256:1', 'a/b', allowed, now), both);
  assert.deepEqual(parseRecord(JSON.stringify({ kind: 'ImagePulledRecord', ...both }), 'sha256:1'), both);
  const ask = (serviceAccount: typeof account | undefined) =>
    verify(both, 'a/b', { secrets: [], serviceAccount });
  assert.deepEqual(ask(account), { pull: false });
  assert.deepEqual(ask({ ...account, uid: 'u2' }), { pull: true });
  assert.deepEqual(ask(undefined), { pull: true });
  assert.deepEqual(podProof([{ ...credentials, serviceAccount: account }]), {
    secrets: [],
    serviceAccount: account,
  });
});
