import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrustBundle, type TrustBundle, type TrustSource, trustAnchors } from './trust-anchors.ts';

const pem = (text: string): string => {
  const base64 = Buffer.from(text).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
};
const bundle = (name: string, signerName: string, labels: Record<string, string>, ...texts: string[]) => ({
  name,
  signerName,
  labels,
  trustBundle: texts.map(pem).join('a comment\n'),
});
const bundles: TrustBundle[] = [
  bundle('a', 's/one', { stage: 'live' }, 'A', 'B'),
  bundle('b', 's/one', { stage: 'next' }, 'B', 'C'),
  bundle('c', 's/two', { stage: 'live' }, 'D'),
];

const cases: [what: string, source: TrustSource, certificates: string[]][] = [
  ['by name', { name: 'a' }, ['A', 'B']],
  ['a missing one that is optional', { name: 'x', optional: true }, []],
  ['by signer, each once', { signerName: 's/one', labelSelector: {} }, ['A', 'B', 'C']],
  ['by label', { signerName: 's/one', labelSelector: { matchLabels: { stage: 'next' } } }, ['B', 'C']],
  [
    'by expression',
    {
      signerName: 's/one',
      labelSelector: {
        matchExpressions: [
          { key: 'stage', operator: 'NotIn', values: ['next'] },
          { key: 'stage', operator: 'Exists' },
        ],
      },
    },
    ['A', 'B'],
  ],
  ['without a selector none', { signerName: 's/one', optional: true }, []],
];

for (const [what, source, certificates] of cases) {
  test(`trust anchors ${what}`, () => {
    assert.equal(trustAnchors(bundles, source), certificates.map(pem).join(''));
  });
}

test('what is missing is an error', () => {
  assert.throws(() => trustAnchors(bundles, { name: 'x' }), /"x" not found/);
  assert.throws(() => trustAnchors(bundles, { signerName: 's/one' }), /matched zero ClusterTrustBundles/);
  assert.throws(() => trustAnchors(bundles, {}), /requires either name or signerName/);
});

test('a bundle of the API server', () => {
  const object = { metadata: { name: 'a', labels: { l: 'v' } }, spec: { trustBundle: 'x' } };
  assert.deepEqual(readTrustBundle(object), {
    name: 'a',
    signerName: '',
    labels: { l: 'v' },
    trustBundle: 'x',
  });
  assert.equal(readTrustBundle({ metadata: {}, spec: {} }), undefined);
});
