import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { chooseContainer, containerNames, runtimeId, statusOfContainer } from './container.ts';

const pod = (annotation?: string): v1.Pod => ({
  metadata: {
    name: 'p-n',
    namespace: 'default',
    ...(annotation && { annotations: { 'kubectl.kubernetes.io/default-container': annotation } }),
  },
  spec: {
    nodeName: 'n',
    containers: [{ name: 'app' }, { name: 'side' }],
    initContainers: [{ name: 'setup' }],
    ephemeralContainers: [{ name: 'debug' }],
  },
  status: {
    initContainerStatuses: [{ name: 'setup', image: '', imageID: '', ready: true, restartCount: 3 }],
  },
});
const all = 'app, side, debug (ephem), setup (init)';
const defaulted = `Defaulted container "app" out of: ${all}`;
const invalid = (name: string) => `container ${name} is not valid for pod p out of: ${all}`;

const cases: [
  what: string,
  annotation: string | undefined,
  given: string | undefined,
  unknown: 'fail' | 'tell',
  chosen: { name: string; note?: string } | string,
][] = [
  ['the first one, and says so', undefined, undefined, 'fail', { name: 'app', note: defaulted }],
  ['the one that is named', 'side', 'setup', 'fail', { name: 'setup' }],
  ['the one of the annotation', 'side', undefined, 'fail', { name: 'side' }],
  ['none that there is not', undefined, 'x', 'tell', invalid('x')],
  ['none of a wrong annotation for exec', 'x', undefined, 'fail', invalid('x')],
  [
    'the first one for logs in spite of a wrong annotation',
    'x',
    undefined,
    'tell',
    { name: 'app', note: `Default container name "x" not found in pod p\n${defaulted}` },
  ],
];
for (const [what, annotation, given, unknown, chosen] of cases) {
  test(`chooses ${what}`, () => {
    const choose = () => chooseContainer(pod(annotation), given, unknown);
    if (typeof chosen === 'string') assert.throws(choose, { message: chosen });
    else assert.deepEqual(choose(), chosen);
  });
}

test('the only container needs no note', () => {
  assert.deepEqual(chooseContainer({ spec: { containers: [{ name: 'a' }] } }, undefined, 'fail'), {
    name: 'a',
  });
  assert.equal(containerNames({ spec: { containers: [{ name: 'a' }] } }), 'a');
});

test('statuses are found by name, and ids come without the name of the runtime', () => {
  assert.equal(statusOfContainer(pod(), 'setup')?.restartCount, 3);
  assert.equal(statusOfContainer(pod(), 'app'), undefined);
  assert.deepEqual([runtimeId('berth://0123'), runtimeId('0123')], ['0123', '0123']);
});
