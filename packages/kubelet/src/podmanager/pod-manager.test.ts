import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectLog } from '../klog/klog.ts';
import { testNodeFacts } from '../testing/node-facts.ts';
import { NotedEvents } from '../testing/noted-events.ts';
import { testPod } from '../testing/pod.ts';
import { PodManager } from './pod-manager.ts';

const node = testNodeFacts({ name: 'node', maxPods: 1 });
const pods = (...names: string[]) =>
  names.map((name) => testPod({ containers: [{ name: 'c' }] }, { name: `${name}-n`, uid: name }));

test('what runs is not pushed out, and each rejection is logged once', () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const events = new NotedEvents();
  const manager = new PodManager({ node, isFinished: () => false, events });
  const seen: string[] = [];
  const tell = (...names: string[]): void => {
    manager.setPods(pods(...names));
    seen.push([...manager.admitted().values()].map((pod) => pod.metadata.name).join(' '));
  };
  tell('b');
  tell('a', 'b');
  const [first] = manager.rejected().values();
  tell('a', 'b');
  assert.deepEqual(seen, ['b-n', 'b-n', 'b-n']);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /pod-manager\.ts:1\] "Pod was rejected" pod="default\/a-n" err="Node didn't have enough resource: pods: this node runs at most 1 \(--max-pods\)"/,
  );
  const [rejected] = manager.rejected().values();
  assert.match(rejected?.detail ?? '', /at most 1 \(--max-pods\)/);
  assert.deepEqual(rejected?.end, {
    by: 'rejected',
    reason: 'OutOfpods',
    message: "Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1",
  });
  assert.equal(rejected?.at, first?.at);
  assert.deepEqual(events.lines, [
    "Warning OutOfpods default/a-n: Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1",
  ]);
  tell('a');
  assert.equal(seen.at(-1), 'a-n');
  assert.equal(manager.rejected().size, 0);
  restore();
});

test('of two pods with one name the first counts', () => {
  const events = new NotedEvents();
  const manager = new PodManager({ node: { ...node, maxPods: 9 }, isFinished: () => false, events });
  const [one, other] = [...pods('a'), ...pods('a')];
  assert.ok(one && other);
  other.metadata.uid = 'other';
  manager.setPods([one, other]);
  assert.deepEqual([...manager.admitted().keys()], ['a']);
});

/** A pod that requests as much CPU. */
const asking = (uid: string, cpu: string) =>
  testPod({ containers: [{ name: 'c', resources: { requests: { cpu } } }] }, { name: uid, uid });

test('a pod is resized once there is room, and keeps what it was granted across restarts', () => {
  const finished = new Set<string>();
  const twoCores = { ...node, maxPods: 9, allocatable: new Map([['cpu', 2_000_000_000n]]) };
  const isFinished = (uid: string): boolean => finished.has(uid);
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const requests = (manager: PodManager) =>
    [...manager.admitted().values()].map((pod) => pod.spec.containers[0]?.resources.requests?.['cpu']);
  const events = new NotedEvents();
  const manager = new PodManager({ node: twoCores, isFinished, events });
  manager.setPods([asking('a', '1'), asking('b', '1')]);
  assert.equal(manager.retryResizes(), false);
  manager.setPods([asking('a', '1500m'), asking('b', '1')]);
  assert.deepEqual(requests(manager), ['1', '1']);
  const deferred = {
    reason: 'Deferred',
    message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  };
  const pending = manager.pendingResizes().get('a');
  assert.deepEqual(pending, deferred);
  assert.equal(manager.desired('a')?.spec.containers[0]?.resources.requests?.['cpu'], '1500m');
  manager.retryResizes();
  assert.equal(manager.pendingResizes().get('a'), pending, 'nothing new is told of');
  assert.equal(lines.length, 1);

  const recordedResources = (uid: string) =>
    uid === 'a' ? { containers: { c: { requests: { cpu: '1' } } } } : undefined;
  const next = new PodManager({ node: twoCores, isFinished, recordedResources, events });
  next.setPods([asking('a', '1500m'), asking('b', '1')]);
  assert.deepEqual([requests(next), next.pendingResizes().get('a')], [['1', '1'], deferred]);

  finished.add('b');
  assert.equal(manager.retryResizes(), true);
  assert.deepEqual([requests(manager), manager.pendingResizes().size], [['1500m', '1'], 0]);
  restore();
});

test('a pod that starts again after it has finished is admitted like a new one', () => {
  const finished = new Set(['a']);
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const isFinished = (uid: string): boolean => finished.has(uid);
  const manager = new PodManager({ node, isFinished, events: new NotedEvents() });
  manager.setPods(pods('a'));
  manager.setPods(pods('a', 'b'));
  assert.deepEqual([...manager.admitted().keys()], ['a', 'b']);
  finished.clear();
  manager.judgeAgain('a');
  assert.deepEqual([[...manager.admitted().keys()], [...manager.rejected().keys()]], [['b'], ['a']]);
  restore();
});
