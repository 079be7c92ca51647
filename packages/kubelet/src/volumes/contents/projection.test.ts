import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectedVolumeSource } from '../../api/pod.ts';
import { testPod } from '../../testing/pod.ts';
import type { ReadObject } from './from-object.ts';
import { projectedFiles } from './projection.ts';

const node = { cpus: 4, memoryBytes: 2 ** 30, ephemeralStorageBytes: 2 ** 40 };
const pod = testPod({ containers: [{ name: 'main' }] });
const read: ReadObject = ({ kind, namespace, name }) =>
  `${namespace}/${name}` === 'default/there' ? new Map([[kind, Buffer.from('1')]]) : undefined;
const textsOf = (source: ProjectedVolumeSource) =>
  [...projectedFiles(source, pod, read, node)].map(
    ([path, { data, mode, user }]) => `${path} ${Buffer.from(data)} ${mode.toString(8)} ${user}`,
  );

test('the files of all sources, the later over the earlier', () => {
  assert.deepEqual(
    textsOf({
      defaultMode: 0o440,
      defaultUser: 3,
      sources: [
        { configMap: { name: 'there' } },
        { secret: { name: 'there', items: [{ key: 'Secret', path: 'deep/one', mode: 0o400 }] } },
        { downwardAPI: { items: [{ path: 'name', user: 4, fieldRef: { fieldPath: 'metadata.name' } }] } },
        { secret: { name: 'there', items: [{ key: 'Secret', path: 'ConfigMap' }] } },
        {},
      ],
    }),
    ['ConfigMap 1 440 3', 'deep/one 1 400 3', 'name p 440 4'],
  );
  assert.deepEqual(textsOf({ sources: [{ configMap: { name: 'there' } }] }), ['ConfigMap 1 644 undefined']);
  assert.deepEqual(textsOf({}), []);
});

test('all that is missing is told at once, each once', () => {
  const gone = { configMap: { name: 'gone' } };
  assert.throws(() => textsOf({ sources: [gone, gone] }), { message: 'configmap "gone" not found' });
  assert.throws(() => textsOf({ sources: [gone, { secret: { name: 'too' } }, gone] }), {
    message: '[configmap "gone" not found, secret "too" not found]',
  });
  assert.deepEqual(textsOf({ sources: [{ configMap: { name: 'gone', optional: true } }] }), []);
});

test('a certificate is in one file with its key, or in two', () => {
  const bundle = { key: 'KEY\n', chain: 'CHAIN\n' };
  const certificate = { signerName: 's', keyType: 'ED25519' };
  const source = {
    defaultMode: 0o440,
    sources: [
      { podCertificate: { ...certificate, credentialBundlePath: 'bundle.pem' } },
      { podCertificate: { ...certificate, keyPath: 'key.pem', certificateChainPath: 'chain.pem', user: 7 } },
    ],
  };
  const asked = new Map([
    [0, bundle],
    [1, bundle],
  ]);
  const files = [...projectedFiles(source, pod, read, node, asked)];
  assert.deepEqual(
    files.map(([path, { data, mode, user }]) => [path, Buffer.from(data).toString(), mode, user]),
    [
      ['bundle.pem', 'KEY\nCHAIN\n', 0o440, undefined],
      ['key.pem', 'KEY\n', 0o600, 7],
      ['chain.pem', 'CHAIN\n', 0o600, 7],
    ],
  );
});
