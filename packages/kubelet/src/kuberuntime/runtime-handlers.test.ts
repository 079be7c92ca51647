import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPod } from '../testing/pod.ts';
import { handlerProblem, RuntimeHandlers } from './runtime-handlers.ts';

const handler = (name: string, userNamespaces: boolean, recursiveReadOnlyMounts = false) => ({
  name,
  features: { userNamespaces, recursiveReadOnlyMounts },
});
const handlers = [handler('', false), handler('kata', true)];
/** The problem of a pod without classes of a cluster. */
const problemOf = (
  spec: { runtimeClassName?: string; hostUsers?: boolean },
  known: Parameters<typeof handlerProblem>[2],
) => handlerProblem(pod(spec), { name: spec.runtimeClassName ?? '', isNamed: true }, known);
const pod = (spec: object) => testPod({ ...spec, containers: [{ name: 'c' }] });

test('a runtime class is a handler of the runtime', () => {
  const cases: [spec: { runtimeClassName?: string; hostUsers?: boolean }, problem: string | undefined][] = [
    [{}, undefined],
    [{ runtimeClassName: 'kata' }, undefined],
    [{ runtimeClassName: 'gvisor' }, 'runtimeclass.node.k8s.io "gvisor" not found'],
    [{ runtimeClassName: 'kata', hostUsers: false }, undefined],
    [{ hostUsers: false }, "can't set `spec.hostUsers: false`, runtime does not support user namespaces"],
  ];
  for (const [spec, problem] of cases) assert.equal(problemOf(spec, handlers), problem);
  assert.equal(
    problemOf({ runtimeClassName: 'runc', hostUsers: false }, [handler('runc', false)]),
    'can\'t set `spec.hostUsers: false`, RuntimeClass handler "runc" does not support user namespaces',
  );
  assert.equal(problemOf({ runtimeClassName: 'any' }, []), undefined);
});

test('whether mounts can be recursively read-only is up to the handler of the pod', () => {
  const runtime = { status: () => assert.fail('the runtime was asked') };
  const known = new RuntimeHandlers(runtime, [
    handler('', false, true),
    handler('old', false),
    { name: 'older', features: undefined },
  ]);
  const cases: [spec: object, expected: boolean][] = [
    [{}, true],
    [{ runtimeClassName: '' }, true],
    [{ runtimeClassName: 'old' }, false],
    [{ runtimeClassName: 'older' }, false],
    [{ runtimeClassName: 'none' }, false],
  ];
  for (const [spec, expected] of cases) assert.equal(known.canMountRecursivelyReadOnly(pod(spec)), expected);
  assert.equal(new RuntimeHandlers(runtime, []).canMountRecursivelyReadOnly(pod({})), false);
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

test('a class of the cluster names the handler, which the runtime judges', async () => {
  const runtime = { status: () => assert.fail('the runtime was asked') };
  const classes = {
    handlerOf: ({ spec: { runtimeClassName = '' } }: ReturnType<typeof pod>) => {
      if (runtimeClassName === 'gone') return { problem: 'runtimeclass.node.k8s.io "gone" not found' };
      const name = new Map(Object.entries({ sealed: 'kata', later: 'unknown' })).get(runtimeClassName);
      return { name: name ?? runtimeClassName, isNamed: name === undefined };
    },
  };
  const known = new RuntimeHandlers(runtime, [...handlers, handler('runc', false, true)], classes);
  assert.equal(known.nameFor(pod({ runtimeClassName: 'sealed' })), 'kata');
  await known.check(pod({ runtimeClassName: 'sealed', hostUsers: false }));
  await known.check(pod({ runtimeClassName: 'later' }));
  assert.equal(known.canMountRecursivelyReadOnly(pod({ runtimeClassName: 'runc' })), true);
  assert.equal(known.canMountRecursivelyReadOnly(pod({ runtimeClassName: 'gone' })), false);
  await known.check(pod({ runtimeClassName: 'gone' }));
  assert.throws(() => known.nameFor(pod({ runtimeClassName: 'gone' })), /"gone" not found/);
});
