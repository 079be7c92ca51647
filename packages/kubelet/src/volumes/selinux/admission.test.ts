import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Admission, type AdmissionFacts, admission, type MountLabel } from './admission.ts';

const both = (label: string): MountLabel => ({ asked: label, mounted: label });
const inline = (label: string): MountLabel => ({ asked: label, mounted: '' });
const admitted = (label: string, isMismatched = false): Admission => ({
  is: 'admitted',
  label,
  isMismatched,
});

const table: [string, Partial<AdmissionFacts>, Admission][] = [
  ['nobody has it', {}, admitted('a')],
  ['it is mounted so for others', { held: both('a'), found: { label: 'a', isOwn: false } }, admitted('a')],
  [
    'it is mounted so for others, and the kernel writes that in another way',
    { held: both('a'), found: { label: 'A', isOwn: false } },
    admitted('a'),
  ],
  ['it is left mounted so', { found: { label: 'a', isOwn: false } }, admitted('a')],
  ['others use it with another label', { held: both('b') }, { is: 'conflicting' }],
  ['others use it without a label', { held: both('') }, { is: 'conflicting' }],
  ['without a label, others use it with one', { wanted: both(''), held: both('b') }, { is: 'conflicting' }],
  ['it is mounted with another label', { found: { label: 'b', isOwn: false } }, { is: 'waiting' }],
  ['it is mounted without a label', { found: { label: '', isOwn: false } }, { is: 'waiting' }],
  [
    'the pod has it with another label: it keeps that',
    { held: both('b'), found: { label: 'b', isOwn: true } },
    admitted('b'),
  ],
  [
    'the plugin cannot mount with a label, and it is left mounted with one',
    { wanted: both(''), isSupported: false, found: { label: 'b', isOwn: false } },
    { is: 'waiting' },
  ],
  [
    'the plugin cannot mount with a label, whatever others have asked for',
    { wanted: both(''), isSupported: false, held: inline('b') },
    admitted(''),
  ],
  [
    'a volume of the pod itself beside another label: as others have it',
    { wanted: inline('a'), isStrict: false, held: both('b'), found: { label: 'b', isOwn: false } },
    admitted('b', true),
  ],
  [
    'a volume of the pod itself beside the same label that is not mounted',
    { wanted: inline('a'), isStrict: false, held: inline('a'), found: { label: '', isOwn: false } },
    admitted(''),
  ],
  [
    'a persistent volume beside one that a pod describes itself',
    { held: inline('a'), found: { label: '', isOwn: false } },
    admitted(''),
  ],
];
for (const [name, facts, expected] of table) {
  test(name, () => {
    const usual = { wanted: both('a'), isSupported: true, isStrict: true, held: undefined, found: undefined };
    assert.deepEqual(admission({ ...usual, ...facts }), expected);
  });
}
