import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { handlerProblem, RuntimeHandlers } from './runtime-handlers.ts';

const handler = (name: string, userNamespaces: boolean) => ({
  name,
  features: { userNamespaces, recursiveReadOnlyMounts: false },
});
const handlers = [handler('', false), handler('kata', true)];
const pod = (spec: object) => testPod({ ...spec, containers: [{ name: 'c' }] });

test('a runtime class is a handler of the runtime', () => {
  const cases: [spec: object, problem: string | undefined][] = [
    [{}, undefined],
    [{ runtimeClassName: 'kata' }, undefined],
    [{ runtimeClassName: 'gvisor' }, 'runtimeclass.node.k8s.io "gvisor" not found'],
    [{ runtimeClassName: 'kata', hostUsers: false }, undefined],
    [{ hostUsers: false }, "can't set `spec.hostUsers: false`, runtime does not support user namespaces"],
  ];
  for (const [spec, problem] of cases) assert.equal(handlerProblem(pod(spec), handlers), problem);
  assert.equal(
    handlerProblem(pod({ runtimeClassName: 'runc', hostUsers: false }), [handler('runc', false)]),
    'can\'t set `spec.hostUsers: false`, RuntimeClass handler "runc" does not support user namespaces',
  );
  assert.equal(handlerProblem(pod({ runtimeClassName: 'any' }), []), undefined);
});

test('before it says no, the runtime is asked again', async () => {
  let told = handlers;
  let asked = 0;
  const runtime = {
    status: async () => {
      asked += 1;
      return { status: undefined, info: {}, runtimeHandlers: told, features: undefined };
    },
  };
  const known = new RuntimeHandlers(runtime, handlers);
  await known.check(pod({}));
  assert.equal(asked, 0);
  await assert.rejects(known.check(pod({ runtimeClassName: 'runc' })), /"runc" not found/);
  told = [...handlers, handler('runc', false)];
  await known.check(pod({ runtimeClassName: 'runc' }));
  await known.check(pod({ runtimeClassName: 'runc' }));
  assert.equal(asked, 2);
});
