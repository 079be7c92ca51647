// The lives that pods live while the kubelet is killed: each begins and ends by manifests.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { podCgroup } from '@berth/kubelet/cgroups/cgroup-names.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import {
  containersOf,
  drop,
  isReady,
  type KilledNode,
  remove,
  type ShownContainer,
  type ShownPod,
  untilGone,
  untilPod,
  untilReady,
} from './killed-kubelet.ts';
import {
  failingManifest,
  hooksManifest,
  resizedManifest,
  type Size,
  urlManifest,
  usersManifest,
  volumesManifest,
} from './kubelet-manifests.ts';

/** One life of a pod; each wait survives kills. */
export type Life = (node: KilledNode, round: number) => Promise<void>;

/** The lives by the name of their pod. */
export const lives: Readonly<Record<string, Life>> = {
  hooks: async (node) => {
    drop(node, 'hooks', hooksManifest);
    await untilReady(node, 'hooks');
    await remove(node, 'hooks');
  },
  volumes: async (node, round) => {
    drop(node, 'volumes', volumesManifest(`a${round}`));
    await untilReady(node, 'volumes');
    drop(node, 'volumes', volumesManifest(`b${round}`));
    await untilReady(node, 'volumes');
    await remove(node, 'volumes');
  },
  failing: async (node) => {
    drop(node, 'failing', failingManifest);
    await untilPod(node, 'failing', 'has succeeded', ({ status }) => status.phase === 'Succeeded');
    await remove(node, 'failing');
  },
  fromurl: async (node) => {
    node.url.put('fromurl', urlManifest('fromurl'));
    await untilReady(node, 'fromurl');
    node.url.remove('fromurl');
    await untilGone(node, 'fromurl');
  },
  // Its second container sees the files of its first as its own: both have the ids that the pod was given.
  users: async (node) => {
    drop(node, 'users', usersManifest('users'));
    const [main] = containersOf(await untilReady(node, 'users'));
    assert.equal(await startsOf(node, main), 2);
    idRanges(node);
    await remove(node, 'users');
  },
  resized: async (node) => {
    let size: Size = { cpu: '100m', memory: '32Mi', restarting: '32Mi' };
    const containers = await afterResize(node, size);
    for (const change of [
      { cpu: '200m', memory: '64Mi' },
      { cpu: '150m', memory: '48Mi' },
    ]) {
      size = { ...size, ...change };
      const after = await afterResize(node, size);
      assert.deepEqual(after, containers, 'a container restarted for a resize that is done in place');
    }
    let starts = 1;
    for (const restarting of ['64Mi', '48Mi']) {
      size = { ...size, restarting };
      starts++;
      const [main, restarted] = await afterResize(node, size);
      assert.deepEqual(main, containers[0], 'a container restarted for a resize of another one');
      assert.equal(await startsOf(node, restarted), starts, 'a resize restarts a container once');
    }
    await remove(node, 'resized');
  },
};

/** The ids of each pod that has some, by the pod's UID. No two may share one. */
export function idRanges({ rootDir }: KilledNode): Map<string, number> {
  const pods = join(rootDir, 'pods');
  const ranges = readdirSync(pods).flatMap((uid): [string, number][] => {
    try {
      const { uidMappings } = JSON.parse(readFileSync(join(pods, uid, 'userns'), 'utf8'));
      return [[uid, Number(uidMappings[0].hostId)]];
    } catch {
      // The host's ids, or a pod that is just ending.
      return [];
    }
  });
  const firsts = ranges.map(([, first]) => first);
  assert.equal(new Set(firsts).size, firsts.length, `two pods have the same ids: ${JSON.stringify(ranges)}`);
  return new Map(ranges);
}

/** Has the pod `resized` this size, waits until it runs with it, and checks what its cgroups have. */
async function afterResize(node: KilledNode, size: Size): Promise<ShownContainer[]> {
  drop(node, 'resized', resizedManifest(size));
  const shown = await untilPod(node, 'resized', `has ${JSON.stringify(size)}`, (pod) => hasSize(pod, size));
  const containers = containersOf(shown);
  const ids = containers.map(idOf);
  const pod = podCgroup(node.cgroupRoot, 'cgroupfs', 'Burstable', 'uid-resized');
  const milli = Number.parseInt(size.cpu, 10);
  const [memory, restarting] = [bytes(size.memory), bytes(size.restarting)];
  assert.deepEqual(
    { pod: limitsOf(pod), containers: ids.map((id) => limitsOf(`${pod}/${id}`)) },
    {
      pod: `${2 * milli * 100} ${memory + restarting}`,
      containers: [`${milli * 100} ${memory}`, `${milli * 100} ${restarting}`],
    },
  );
  return containers;
}

/**
 * How often a container's process was started, which the container notes itself. A kubelet that is killed before it starts
 * a container that it has created leaves one that counts as a restart, as with the real one.
 */
async function startsOf({ cri }: KilledNode, container: ShownContainer | undefined): Promise<number> {
  const containerId = idOf(container);
  const cmd = ['/bin/cat', '/data/starts'];
  const { stdout, exitCode } = await cri.runtime.execSync({ containerId, cmd, timeout: 10n });
  assert.equal(exitCode, 0);
  return Buffer.from(stdout).toString().trim().split('\n').length;
}

function idOf({ containerID = '' }: Partial<ShownContainer> = {}): string {
  return containerID.replace(/^.*:\/\//, '');
}

function hasSize(pod: ShownPod, { cpu, memory, restarting }: Size): boolean {
  const { containerStatuses = [], conditions = [] } = pod.status;
  const limits = containerStatuses.map(({ resources }) => resources?.limits);
  return (
    isReady(pod) &&
    !conditions.some(({ type }) => type.startsWith('PodResize')) &&
    limits[0]?.['cpu'] === cpu &&
    limits[0]?.['memory'] === memory &&
    limits[1]?.['memory'] === restarting
  );
}

const bytes = (mebibytes: string): number => Number.parseInt(mebibytes, 10) * 1024 ** 2;

/** `QUOTA MEMORY`: microseconds in each period of 100 ms, and bytes. */
function limitsOf(cgroup: string): string {
  const cgroups = detectCgroups();
  const read = (controller: string, file: string): string =>
    readFileSync(join(cgroups.directory(cgroup, controller) ?? '', file), 'utf8').trim();
  return cgroups.version === 'v2'
    ? `${read('cpu', 'cpu.max').split(' ')[0]} ${read('memory', 'memory.max')}`
    : `${read('cpu', 'cpu.cfs_quota_us')} ${read('memory', 'memory.limit_in_bytes')}`;
}
