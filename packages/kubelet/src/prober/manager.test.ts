import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { until } from '@berth/test-support/until.ts';
import type { Container, Pod } from '../api/pod.ts';
import { NotedEvents } from '../testing/noted-events.ts';
import { testPod } from '../testing/pod.ts';
import { testProbe } from '../testing/probe.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { Prober } from './manager.ts';
import type { ProbeKind } from './results.ts';

const folders: string[] = [];
const probers: Prober[] = [];
afterEach(() => {
  for (const each of probers.splice(0)) each.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A kubelet's root directory with the folder of the test pod. */
function makeRoot(): string {
  const rootDir = mkdtempSync(join(tmpdir(), 'prober-'));
  folders.push(rootDir);
  mkdirSync(join(rootDir, 'pods', 'u'), { recursive: true });
  return rootDir;
}

type Exec = (command: string, signal: AbortSignal | undefined) => Promise<number>;

/** A prober whose exec probes run `exec`, and what it told. */
function prober(exec: Exec, rootDir = makeRoot()) {
  const told: string[] = [];
  const ran: string[] = [];
  const execSync: RuntimeClient['execSync'] = async ({ containerId, cmd }, options) => {
    ran.push(`${cmd?.join(' ')} in ${containerId}`);
    const exitCode = await exec(cmd?.join(' ') ?? '', options?.signal);
    return { exitCode, stdout: new Uint8Array(), stderr: new Uint8Array() };
  };
  const events = new NotedEvents();
  const made = new Prober({
    runtime: { execSync },
    options: { rootDir, runtimeRequestTimeoutMs: 1000 },
    onChange: (uid: string, kind: ProbeKind) => told.push(`${uid} ${kind}`),
    events,
  });
  probers.push(made);
  return { made, told, ran, events: events.lines };
}

const command = (word: string, changes = {}) => testProbe({ exec: { command: [word] }, ...changes });
const podWith = (container: Partial<Container>): Pod =>
  testPod({ containers: [{ name: 'a', ...container }] });
const running = runtimeStatus('up', 'a:run');

test('a readiness probe decides about its container, and only changes are told', async () => {
  let exit = 1;
  const { made, told, ran, events } = prober(async () => exit);
  const pod = podWith({ readinessProbe: command('ready') });
  made.observe(pod, runtimeStatus('up', ''), '10.0.0.2');
  assert.equal(made.result('readiness', 'a0'), undefined);
  made.observe(pod, running, '10.0.0.2');
  assert.equal(made.result('readiness', 'a0'), 'failure');
  assert.equal(made.result('liveness', 'a0'), undefined);
  await until('it ran', () => ran.length === 1);
  exit = 0;
  // The first retry comes long before the period is over.
  await until('it succeeded', () => made.result('readiness', 'a0') === 'success');
  assert.deepEqual(told, ['u readiness']);
  assert.deepEqual(events, ['Warning Unhealthy default/p spec.containers{a}: Readiness probe failed: ']);
  assert.equal(ran[0], 'ready in a0');
  made.stop();
  assert.equal(made.result('readiness', 'a0'), undefined);
});

test('other probes wait for the startup probe, which runs no more after it succeeded', async () => {
  const { made, told, ran } = prober(async () => 0);
  const pod = podWith({
    startupProbe: command('started'),
    readinessProbe: command('ready'),
    livenessProbe: command('alive'),
  });
  made.observe(pod, running, '');
  await until('it has started', () => made.result('startup', 'a0') === 'success');
  assert.deepEqual(ran, ['started in a0']);
  made.observe(pod, running, '');
  await until('the others ran', () => new Set(ran).size === 3);
  assert.equal(ran.filter((each) => each === 'started in a0').length, 1);
  assert.deepEqual(told, ['u startup', 'u readiness']);
});

test('a liveness probe that failed waits for another container', async () => {
  const { made, told, ran } = prober(async () => 1);
  const pod = podWith({ livenessProbe: command('alive', { failureThreshold: 1 }) });
  made.observe(pod, running, '');
  assert.equal(made.result('liveness', 'a0'), 'success');
  await until('it failed', () => made.result('liveness', 'a0') === 'failure');
  made.observe(pod, runtimeStatus('up', 'a:exit137'), '');
  made.observe(pod, runtimeStatus('up', 'a:exit137 a:run'), '');
  assert.equal(made.result('liveness', 'a0'), undefined);
  assert.equal(made.result('liveness', 'a1'), 'success');
  await until('the other failed', () => made.result('liveness', 'a1') === 'failure');
  assert.deepEqual(ran, ['alive in a0', 'alive in a1']);
  assert.deepEqual(told, ['u liveness', 'u liveness']);
});

test('a run that found nothing out is tried three times and does not count', async () => {
  const { made, ran } = prober(async () => {
    throw new CriError('UNAVAILABLE', 'no runtime');
  });
  const pod = podWith({ livenessProbe: command('alive', { failureThreshold: 1 }) });
  made.observe(pod, running, '');
  await until('it was tried', () => ran.length === 3);
  assert.equal(made.result('liveness', 'a0'), 'success');
});

test('a command that takes too long is a failure', async () => {
  const { made } = prober(async () => {
    throw new CriError('DEADLINE_EXCEEDED', 'too long');
  });
  const pod = podWith({ livenessProbe: command('alive', { failureThreshold: 1 }) });
  made.observe(pod, running, '');
  await until('it failed', () => made.result('liveness', 'a0') === 'failure');
});

test('a pod that ends keeps its readiness probe alone, and a run under way is cancelled', async () => {
  let cancelled = 0;
  const { made, ran } = prober(
    (word, signal) =>
      new Promise((resolve) => {
        if (word === 'ready') return resolve(1);
        signal?.addEventListener('abort', () => {
          cancelled += 1;
          resolve(1);
        });
      }),
  );
  const pod = podWith({ readinessProbe: command('ready'), livenessProbe: command('alive') });
  made.observe(pod, running, '');
  await until('both run', () => new Set(ran).size === 2);
  made.terminating('u');
  assert.equal(cancelled, 1);
  const before = ran.length;
  made.observe(pod, running, '');
  await until('the readiness probe goes on', () => ran.length > before);
  assert.deepEqual(new Set(ran.slice(before)), new Set(['ready in a0']));
  assert.equal(made.result('liveness', 'a0'), 'success');
  made.forget('u');
  assert.equal(made.result('liveness', 'a0'), undefined);
});

test('another prober knows which containers have started and are ready', async () => {
  const rootDir = makeRoot();
  const first = prober(async () => 0, rootDir);
  const pod = podWith({ startupProbe: command('started'), readinessProbe: command('ready') });
  first.made.observe(pod, running, '');
  await until('it has started', () => first.made.result('startup', 'a0') === 'success');
  first.made.observe(pod, running, '');
  await until('it is ready', () => first.made.result('readiness', 'a0') === 'success');
  first.made.stop();
  const second = prober(async () => 1, rootDir);
  second.made.observe(pod, runtimeStatus('', ''), '');
  second.made.observe(pod, running, '');
  assert.equal(second.made.result('startup', 'a0'), 'success');
  assert.equal(second.made.result('readiness', 'a0'), 'success');
  // Three failures in a row make it unready.
  await until('it is unready', () => second.made.result('readiness', 'a0') === 'failure');
  assert.deepEqual(second.ran, ['ready in a0', 'ready in a0', 'ready in a0']);
});

test('sidecars are probed, init containers and pods without probes are not', async () => {
  const { made, ran } = prober(async () => 0);
  const pod = testPod({
    containers: [{ name: 'a' }],
    initContainers: [
      { name: 'i', readinessProbe: command('init') },
      { name: 's', restartPolicy: 'Always', readinessProbe: command('side') },
    ],
  });
  made.observe(pod, runtimeStatus('up', 'i:run s:run a:run'), '');
  await until('the sidecar is ready', () => made.result('readiness', 's0') === 'success');
  assert.deepEqual(ran, ['side in s0']);
  assert.deepEqual(
    made.metrics().map(({ labels }) => labels),
    [{ probe_type: 'Readiness', container: 's', pod: 'p', namespace: 'default', pod_uid: 'u' }],
  );
  assert.equal(made.metrics()[0]?.total.get('successful'), 1);
});

test('a probe waits for its initial delay', async () => {
  const { made, ran } = prober(async () => 0);
  const pod = podWith({ readinessProbe: command('ready', { initialDelaySeconds: 1 }) });
  const [container] = running.containers;
  assert.ok(container);
  const startedAt = Date.now();
  made.observe(pod, { ...running, containers: [{ ...container, startedAt }] }, '');
  made.nudge('u');
  await until('it ran', () => ran.length > 0);
  assert.ok(Date.now() - startedAt >= 990, `${Date.now() - startedAt} ms`);
});

test('a container that started later than now, as its clock was set back, is probed after the initial delay', async () => {
  const { made, ran } = prober(async () => 0);
  const pod = podWith({ readinessProbe: command('ready', { initialDelaySeconds: 1 }) });
  const [container] = running.containers;
  assert.ok(container);
  made.observe(pod, { ...running, containers: [{ ...container, startedAt: Date.now() + 3_600_000 }] }, '');
  await until('it ran', () => ran.length > 0);
});

test('a version of the pod with the same probes goes on, one with others begins with what was recorded', async () => {
  const { made, ran } = prober(async (word) => (word === 'ready' ? 0 : 1));
  const pod = podWith({ readinessProbe: command('ready') });
  made.observe(pod, running, '');
  await until('it is ready', () => made.result('readiness', 'a0') === 'success');
  const labelled = { ...pod, metadata: { ...pod.metadata, labels: { a: 'b' } } };
  made.observe(labelled, running, '');
  assert.equal(made.metrics()[0]?.total.get('successful'), 1);
  made.observe(podWith({ readinessProbe: command('other') }), running, '');
  assert.equal(made.result('readiness', 'a0'), 'success');
  await until('the other ran', () => ran.includes('other in a0'));
});

test('a delay or a period of years is no reason to probe all the time', async () => {
  const { made, ran } = prober(async () => 0);
  const years = 2 ** 31 - 1;
  const readinessProbe = command('late', { initialDelaySeconds: years });
  const livenessProbe = command('rare', { periodSeconds: years, initialDelaySeconds: years });
  made.observe(podWith({ readinessProbe, livenessProbe }), running, '');
  // Time for a timer that fires at once.
  await delay(20);
  assert.deepEqual(ran, []);
});
