// Manifests on our kubelet and on the real one, in turns: how long until a pod runs, is ready, is gone, and what a
// kubelet with many pods costs meanwhile.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '@berth/test-support/pods.ts';
import { containerStarted, type KubeletPeer } from './kubelet-peers.ts';
import { cpuMilliseconds, median, residentMiB, timed } from './measure.ts';

const timeoutMs = 120_000;
const many = 30;
const roundsOfMany = 3;
const idleSeconds = 20;
const idleWindows = 3;

/** Figures of each kubelet, in their order. */
export async function benchKubelets(
  peers: readonly KubeletPeer[],
  { repetitions }: { repetitions: number },
): Promise<Map<string, number>[]> {
  const figures = peers.map(() => new Map<string, number[]>());
  const note = (index: number, what: string, value: number) => {
    const own = figures[index] ?? new Map<string, number[]>();
    own.set(what, [...(own.get(what) ?? []), value]);
  };
  for (let round = -1; round < repetitions; round++) {
    for (const [index, peer] of peers.entries()) {
      const [running, gone] = await dropAndDelete(peer, `drop${round + 1}`);
      const ready = await dropUntilReady(peer, `ready${round + 1}`);
      // The first of all finds nothing in caches.
      if (round < 0) continue;
      note(index, 'manifest dropped → Running', running);
      note(index, 'manifest dropped → Ready, HTTP readiness probe', ready);
      note(index, 'manifest deleted → gone', gone);
    }
  }
  for (let round = 0; round < roundsOfMany; round++) {
    for (const [index, peer] of peers.entries())
      note(index, `${many} manifests at once → all Running`, await manyAtOnce(peer, `many${round}`));
  }
  await idleWithProbes(peers, (index, { cpuMs, resident }) => {
    note(index, `CPU per second, ${many} pods with three probes`, cpuMs);
    note(index, `resident with ${many} pods`, resident);
  });
  return figures.map((own) => new Map([...own].map(([what, values]) => [what, median(values)])));
}

/** Milliseconds until the container runs, and from the manifest's removal until nothing of the pod is left to run. */
async function dropAndDelete(peer: KubeletPeer, name: string): Promise<[running: number, gone: number]> {
  const running = await untilStarted(peer, [name], () => peer.drop(name, manifest(name)));
  return [running, await untilGone(peer, [name])];
}

async function dropUntilReady(peer: KubeletPeer, name: string): Promise<number> {
  const ms = await timed(async () => {
    peer.drop(name, manifest(name, { readinessProbe: probe({ httpGet: { path: '/passwd', port: 8080 } }) }));
    await until(peer, `${name} is ready`, async () => (await readyPods(peer)).includes(name));
  });
  await untilGone(peer, [name]);
  return ms;
}

async function manyAtOnce(peer: KubeletPeer, prefix: string): Promise<number> {
  const names = namesOf(prefix);
  const ms = await untilStarted(peer, names, () => {
    for (const name of names) peer.drop(name, manifest(name));
  });
  await untilGone(peer, names);
  return ms;
}

/**
 * What each kubelet takes while its pods only have to be probed, told once for each of several windows. All have theirs
 * at the same time, so what else the machine does meets all of them.
 */
async function idleWithProbes(
  peers: readonly KubeletPeer[],
  tell: (index: number, figures: { cpuMs: number; resident: number }) => void,
): Promise<void> {
  const names = namesOf('idle');
  const probes = {
    startupProbe: probe({ exec: { command: ['/bin/true'] } }),
    livenessProbe: probe({ tcpSocket: { port: 8080 } }),
    readinessProbe: probe({ httpGet: { path: '/passwd', port: 8080 } }),
  };
  for (const peer of peers) {
    for (const name of names) peer.drop(name, manifest(name, probes));
    await until(peer, 'all are ready', async () => (await readyPods(peer)).length === many);
  }
  // What came with their start is not idle.
  await delay(5000);
  for (let window = 0; window < idleWindows; window++) {
    const before = peers.map(({ pid }) => cpuMilliseconds(pid));
    await delay(idleSeconds * 1000);
    for (const [index, { pid }] of peers.entries()) {
      const cpuMs = (cpuMilliseconds(pid) - (before[index] ?? 0)) / idleSeconds;
      tell(index, { cpuMs, resident: residentMiB(pid) });
    }
  }
  for (const peer of peers) await untilGone(peer, names);
}

function namesOf(prefix: string): string[] {
  return Array.from({ length: many }, (_, index) => `${prefix}-${index}`);
}

function probe(handler: object): object {
  return { ...handler, periodSeconds: 5 };
}

/** A pod of one container that answers HTTP on 8080, and ends at SIGTERM. */
function manifest(name: string, fields: object = {}): object {
  const script = 'trap "exit 0" TERM; httpd -p 8080 -h /etc; while true; do sleep 1000 & wait $!; done';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: testImage,
          imagePullPolicy: 'Never',
          command: ['/bin/sh', '-c', script],
          ...fields,
        },
      ],
    },
  };
}

/** Milliseconds from `drop` until the runtime has started the containers of these pods, by its events. */
async function untilStarted(peer: KubeletPeer, names: readonly string[], drop: () => void): Promise<number> {
  const ended = new AbortController();
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([ended.signal, deadline]);
  const events = peer.client.runtime.getContainerEvents({}, { signal })[Symbol.asyncIterator]();
  // containerd keeps what nobody has read: events of earlier pods come first.
  const left = new Set(names);
  const first = events.next();
  const begin = performance.now();
  drop();
  try {
    for (let next = await first; !next.done; next = await events.next()) {
      const { containerId, podSandboxStatus, containerEventType } = next.value;
      // A sandbox has events too; its container id is the sandbox's own.
      if (containerEventType !== containerStarted || containerId === podSandboxStatus?.id) continue;
      left.delete(nameOf(podSandboxStatus?.metadata?.name ?? ''));
      if (left.size === 0) return performance.now() - begin;
    }
  } catch (error) {
    if (!deadline.aborted) throw error;
  } finally {
    ended.abort();
  }
  throw new Error(`${peer.name}: ${[...left]} did not start:\n${peer.lastWords()}`);
}

/** Milliseconds from the removal of manifests until no sandbox of their pods is up and their cgroups are gone. */
async function untilGone(peer: KubeletPeer, names: readonly string[]): Promise<number> {
  const listed = (await peer.pods()).filter(({ metadata }) => names.includes(nameOf(metadata.name)));
  const cgroups = listed.flatMap(({ metadata }) => podCgroups(peer, metadata.uid));
  const uids = new Set(listed.map(({ metadata }) => metadata.uid));
  if (cgroups.length === 0) throw new Error(`${peer.name}: no cgroup of ${names}`);
  return await timed(async () => {
    for (const name of names) peer.remove(name);
    await until(peer, `${names} are gone`, () => !cgroups.some(existsSync));
    await until(peer, `the sandboxes of ${names} are down`, async () => {
      const { items } = await peer.client.runtime.listPodSandbox({});
      return !items.some(({ state, metadata }) => state === 0 && uids.has(metadata?.uid ?? ''));
    });
  });
}

/** The cgroup of a pod in each hierarchy that has it. */
function podCgroups({ cgroupRoot }: KubeletPeer, uid: string): string[] {
  const hierarchies = existsSync('/sys/fs/cgroup/memory') ? ['/sys/fs/cgroup/memory'] : ['/sys/fs/cgroup'];
  return hierarchies
    .map((hierarchy) => join(hierarchy, cgroupRoot, 'kubepods/besteffort', `pod${uid}`))
    .filter(existsSync);
}

async function readyPods(peer: KubeletPeer): Promise<string[]> {
  const ready = (await peer.pods()).filter(({ status }) =>
    status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  return ready.map(({ metadata }) => nameOf(metadata.name));
}

function nameOf(podName: string): string {
  return podName.replace(/-testnode$/, '');
}

const pollMs = 5;

async function until(peer: KubeletPeer, what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + timeoutMs; !(await is()); await delay(pollMs))
    if (performance.now() > deadline)
      throw new Error(`${peer.name}: gave up waiting until ${what}:\n${peer.lastWords()}`);
}
