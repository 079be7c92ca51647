import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { aboutContainer, aboutPod } from './event.ts';

const pod = testPod({
  containers: [{ name: 'app' }],
  initContainers: [{ name: 'init' }],
  ephemeralContainers: [{ name: 'debug' }],
});
const identity = { name: 'p', namespace: 'default', uid: 'u' };

const containers: [name: string, fieldPath: string][] = [
  ['app', 'spec.containers{app}'],
  ['init', 'spec.initContainers{init}'],
  ['debug', 'spec.ephemeralContainers{debug}'],
];
for (const [name, fieldPath] of containers) {
  test(`the subject of ${name} is ${fieldPath}`, () => {
    assert.deepEqual(aboutContainer(pod, name), { pod: identity, fieldPath });
  });
}

test('a pod is a subject, and a container that no specification has is none', () => {
  assert.deepEqual(aboutPod(pod), { pod: identity });
  assert.equal(aboutContainer(pod, 'other'), undefined);
  assert.equal(aboutContainer(undefined, 'app'), undefined);
});
