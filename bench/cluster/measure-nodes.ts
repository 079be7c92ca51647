// Pods of two nodes of one cluster, in turns: how long until they are ready and gone on the API server, and what a node
// costs that has nothing to do.
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterNode } from '@berth/test-support/cluster/node.ts';
import { testImage } from '@berth/test-support/pods.ts';
import type { AuditedRequest } from '../../test/cluster/audit.ts';
import { cpuMilliseconds, median, residentMiB, timed } from '../measure.ts';
import type { PodWatch } from './pod-watch.ts';

const many = 30;
const roundsOfMany = 5;
/** Longer than a kubelet of either kind has to wait until its whole kubeAPIBurst is there again. */
const refillMs = 3_000;
const settleMs = 10_000;
const idleMinutes = 1;
const full = 110;

/** The rows of the table, by which goals are set too. */
export const rows = {
  ready: 'created → Ready',
  gone: 'deleted → gone',
  manyReady: `${many} pods created at once → all Ready`,
  manyGone: `${many} pods deleted at once → all gone`,
  cpu: `CPU per second, ${many} pods, nothing to do`,
  cpuOfBoth: `… the kubelet and its runtime`,
  resident: `resident with ${many} pods`,
  requests: 'API requests per minute, nothing to do',
  fullReady: `${full} pods created at once → all Ready`,
  fullGone: `${full} pods deleted at once → all gone`,
  failures: `failures among ${full} pods`,
} as const;

/** A node under measurement. */
export interface MeasuredNode {
  node: ClusterNode;
  watch: PodWatch;
  /** What the node has asked the API server for until now. */
  requests(): AuditedRequest[];
}

/** Figures of each node, in their order; the first one is filled with as many pods as a node may have. */
export async function measureNodes(
  nodes: readonly MeasuredNode[],
  { repetitions }: { repetitions: number },
): Promise<Map<string, number>[]> {
  const figures = nodes.map(() => new Map<string, number[]>());
  const note = (index: number, what: string, value: number) => {
    const own = figures[index];
    own?.set(what, [...(own.get(what) ?? []), value]);
  };
  // The first round finds nothing in caches.
  for (let round = -1; round < repetitions; round++) {
    for (const [index, { watch }] of inTurn(nodes, round)) {
      const [ready, gone] = await podsOnce(watch, [`one-${round + 1}-${index}`]);
      if (round < 0) continue;
      note(index, rows.ready, ready);
      note(index, rows.gone, gone);
    }
  }
  for (let round = 0; round < roundsOfMany; round++) {
    for (const [index, { watch }] of inTurn(nodes, round)) {
      await delay(refillMs);
      const [ready, gone] = await podsOnce(watch, namesOf(`many-${round}-${index}`, many), refillMs);
      note(index, rows.manyReady, ready);
      note(index, rows.manyGone, gone);
    }
  }
  const idle = await idleWithPods(nodes);
  for (const [index, values] of idle.entries()) for (const [what, value] of values) note(index, what, value);
  const [first] = nodes;
  if (first) for (const [what, value] of await fill(first)) note(0, what, value);
  return figures.map((own) => new Map([...own].map(([what, values]) => [what, median(values)])));
}

/** Each begins every other round. */
function inTurn<T>(nodes: readonly T[], round: number): [number, T][] {
  const entries = [...nodes.entries()];
  return round % 2 === 0 ? entries : entries.reverse();
}

/** Milliseconds until the pods are ready, and, after a rest, until they are gone. */
async function podsOnce(
  watch: PodWatch,
  names: readonly string[],
  restMs = 0,
): Promise<[ready: number, gone: number]> {
  const ready = await timed(() => watch.createUntilReady(names, podSpec));
  await delay(restMs);
  return [ready, await timed(() => watch.deleteUntilGone(names))];
}

/** All nodes at the same time, which so meet the same. */
async function idleWithPods(nodes: readonly MeasuredNode[]): Promise<Map<string, number>[]> {
  const names = nodes.map((_, index) => namesOf(`idle-${index}`, many));
  await Promise.all(nodes.map(({ watch }, index) => watch.createUntilReady(names[index] ?? [], podSpec)));
  // What came with their start is not idle.
  await delay(settleMs);
  const read = () =>
    nodes.map(({ node: { kubelet, runtime }, requests }) => ({
      kubelet: cpuMilliseconds(kubelet.pid),
      runtime: cpuMilliseconds(runtime.pid),
      requests: requests().length,
    }));
  const before = read();
  await delay(idleMinutes * 60_000);
  const seconds = idleMinutes * 60;
  const after = read();
  const figures = nodes.map(({ node: { kubelet } }, index) => {
    const [begin, end] = [before[index], after[index]];
    if (!begin || !end) throw new Error('a node without figures');
    const own = (end.kubelet - begin.kubelet) / seconds;
    return new Map<string, number>([
      [rows.cpu, own],
      [rows.cpuOfBoth, own + (end.runtime - begin.runtime) / seconds],
      [rows.resident, residentMiB(kubelet.pid)],
      [rows.requests, (end.requests - begin.requests) / idleMinutes],
    ]);
  });
  await Promise.all(nodes.map(({ watch }, index) => watch.deleteUntilGone(names[index] ?? [])));
  return figures;
}

/** As many pods as a node has by default, at once: each has to become ready without a restart, and to go. */
async function fill({ watch }: MeasuredNode): Promise<Map<string, number>> {
  const names = namesOf('full', full);
  const ready = await timed(() => watch.createUntilReady(names, podSpec));
  const failed = watch
    .all()
    .filter(
      ({ status }) =>
        status.phase !== 'Running' || status.containerStatuses?.some(({ restartCount }) => restartCount > 0),
    );
  const gone = await timed(() => watch.deleteUntilGone(names));
  return new Map([
    [rows.fullReady, ready],
    [rows.fullGone, gone],
    [rows.failures, failed.length],
  ]);
}

function namesOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** One container that ends at SIGTERM; with the token of its service account, as almost every pod. */
const podSpec = {
  containers: [
    {
      name: 'main',
      image: testImage,
      imagePullPolicy: 'Never',
      command: ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1000 & wait $!; done'],
    },
  ],
};
