// kill -9 of the kubelet at random moments of what it does to pods: probes, hooks, volumes, sidecars. No container may
// restart that did not have to, a healthy pod stays ready, and in the end nothing of the pods is left.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { seededRandom } from '@berth/test-support/fuzz.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { type Kubelet, startKubelet } from '@berth/test-support/kubelet.ts';
import { traces } from '@berth/test-support/node-traces.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { failingManifest, hooksManifest, steadyManifest, volumesManifest } from './kubelet-manifests.ts';

const wantedKills = Number(process.env['BERTH_KUBELET_KILLS'] ?? 60);
const seed = Number(process.env['BERTH_KILL_SEED'] ?? 1);
/** Kills between two waits for a whole life of each pod, since on a busy machine none fits between two kills. */
const killsPerLife = 20;
/** Kills between two looks at the steady pod: a kubelet needs a moment to find it ready. */
const killsPerLook = 5;
/** The longest life of a kubelet, in milliseconds: a pod needs about a second to become ready. */
const longestLifeMs = 1500;
const patienceMs = 120_000;

/** The part of a pod in /pods that the test looks at. */
interface ShownPod {
  metadata: { name: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses?: { name: string; restartCount: number; containerID?: string }[];
    initContainerStatuses?: { name: string; restartCount: number; containerID?: string }[];
  };
}

/** What the lives act on; the kubelet is another one after each kill. */
interface Node {
  cri: CriClient;
  manifests: string;
  kubelet: Kubelet;
}

/** One life of a pod, which it begins and ends by manifests; each wait survives kills. */
type Life = (node: Node, round: number) => Promise<void>;

const lives: Readonly<Record<string, Life>> = {
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
};

test(`a kubelet killed ${wantedKills} times restarts no healthy container and leaks nothing`, {
  timeout: 3_600_000,
}, async (t) => {
  moveHugetlbToV1();
  using scratch = scratchDir('kubeletkill');
  const dir = scratch.path;
  // Users of a pod's own have to reach its files.
  chmodSync(dir, 0o711);
  const paths = layOutBerthd(dir);
  using network = await PodNetwork.take('kubeletkill');
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  const berthd = await startBerthd(paths, dir);
  const cri = connectCri(paths.socket, { timeoutMs: 60_000 });
  const manifests = join(dir, 'manifests');
  mkdirSync(manifests);
  const begin = (waitMs?: number) =>
    startKubelet({ dir, endpoint: paths.socket, manifests, ...(waitMs === undefined ? {} : { waitMs }) });
  const ended = new AbortController();
  let loops: Promise<void>[] = [];
  const node: Node = { cri, manifests, kubelet: await begin() };
  try {
    await loadTestImage(paths.socket);
    // One whole life first, so that every folder that stays is there before the census.
    for (const life of Object.values(lives)) await life(node, 0);
    await untilNothingRuns(cri);
    await node.kubelet.stop();
    const before = traces(dir, network.bridge);
    node.kubelet = await begin();

    drop(node, 'steady', steadyManifest);
    const steady = containersOf(await untilReady(node, 'steady'));
    const whole = new Map(Object.keys(lives).map((name) => [name, 0]));
    loops = Object.entries(lives).map(([name, life]) => live(name, life, node, whole, ended.signal));
    const failed = Promise.all(loops).then(() => {});
    failed.catch(() => {});

    const random = seededRandom(seed);
    let kills = 0;
    let startMs = 300;
    let nextRound = 0;
    let nextLook = 0;
    while (kills < wantedKills) {
      if (kills >= nextRound) {
        await Promise.race([oneMoreOfEach(whole, ended.signal), failed]);
        nextRound = kills + killsPerLife;
      }
      await Promise.race([delay(random(longestLifeMs)), failed]);
      await node.kubelet.stop('SIGKILL');
      kills += 1;
      // Half of the starts are cut short, at any moment of the time that starts take.
      while (random(2) === 0 && kills < wantedKills) {
        const short = await begin(random(startMs));
        await short.stop('SIGKILL');
        kills += 1;
      }
      const start = performance.now();
      node.kubelet = await begin();
      startMs = Math.ceil(performance.now() - start);
      if (kills >= nextLook) {
        nextLook = kills + killsPerLook;
        const shown = await untilReady(node, 'steady');
        assert.deepEqual(containersOf(shown), steady, `after kill ${kills} the steady pod is not the same`);
      }
    }
    await oneMoreOfEach(whole, ended.signal);
    ended.abort();
    await Promise.all(loops);
    assert.deepEqual(containersOf(await untilReady(node, 'steady')), steady);
    await remove(node, 'steady');
    await untilNothingRuns(cri);
    await node.kubelet.stop();
    const left = () => [...traces(dir, network.bridge).difference(before)];
    await until('nothing is left', () => left().length === 0, left);
    t.diagnostic(`seed ${seed}: ${kills} kills; whole lives: ${inspect(whole)}`);
  } catch (error) {
    t.diagnostic(inspect(error));
    t.diagnostic(node.kubelet.output().split('\n').slice(-80).join('\n'));
    throw error;
  } finally {
    ended.abort();
    await Promise.allSettled(loops);
    await node.kubelet.stop();
    await removeAllPods(cri).catch((error: unknown) => t.diagnostic(inspect(error)));
    cri.close();
    await berthd.stop();
    await detectCgroups().remove(`/${dir.slice(dir.lastIndexOf('/') + 1)}`);
    await detectCgroups().remove(paths.cgroupParent);
  }
});

/** Lives one life after another until told to stop. */
async function live(
  name: string,
  life: Life,
  node: Node,
  whole: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const round = (whole.get(name) ?? 0) + 1;
    await life(node, round);
    whole.set(name, round);
  }
}

/** Puts a manifest file in place, at once and whole. */
function drop({ manifests }: Node, name: string, documents: readonly object[]): void {
  const aside = join(manifests, `.${name}`);
  writeFileSync(aside, documents.map((document) => JSON.stringify(document)).join('\n---\n'));
  renameSync(aside, join(manifests, `${name}.yaml`));
}

/** Removes the manifest, and waits until the runtime has nothing of the pod. */
async function remove(node: Node, name: string): Promise<void> {
  rmSync(join(node.manifests, `${name}.yaml`));
  const filter = { labelSelector: { 'io.kubernetes.pod.uid': `uid-${name}` } };
  const hasEnded = async () => (await node.cri.runtime.listPodSandbox({ filter })).items.length === 0;
  await until(`${name} has ended`, hasEnded, undefined, patienceMs);
  // Its sandbox goes first; the kubelet shows the pod until everything of it is gone.
  const isGone = async () =>
    (await shownPods(node))?.every((pod) => pod.metadata.name !== `${name}-testnode`);
  await until(`${name} is not shown`, isGone, undefined, patienceMs);
}

function untilReady(node: Node, name: string): Promise<ShownPod> {
  return untilPod(node, name, 'is ready', ({ status }) =>
    (status.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True'),
  );
}

function untilPod(
  node: Node,
  name: string,
  what: string,
  condition: (pod: ShownPod) => boolean,
): Promise<ShownPod> {
  let seen: ShownPod | undefined;
  const matching = async () => {
    const pods = await shownPods(node);
    seen = pods?.find(({ metadata }) => metadata.name === `${name}-testnode`);
    return seen && condition(seen) ? seen : undefined;
  };
  return until(`${name} ${what}`, matching, () => seen?.status, patienceMs);
}

/** The kubelet's pods; undefined while it is down. */
async function shownPods({ kubelet }: Node): Promise<ShownPod[] | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${kubelet.port}/pods`);
    const { items }: { items: ShownPod[] | null } = JSON.parse(await answer.text());
    return items ?? [];
  } catch {
    return undefined;
  }
}

/** What must not change of a healthy pod. */
function containersOf({ status }: ShownPod): object[] {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses].map(({ name, restartCount, containerID }) => ({
    name,
    restartCount,
    containerID,
  }));
}

async function oneMoreOfEach(whole: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
  const before = new Map(whole);
  const missing = () =>
    [...whole].filter(([name, count]) => count === before.get(name)).map(([name]) => name);
  await until('each life was whole', () => signal.aborted || missing().length === 0, missing, 300_000);
}

async function untilNothingRuns({ runtime }: CriClient): Promise<void> {
  await until('no sandbox is left', async () => (await runtime.listPodSandbox({})).items.length === 0);
}

async function removeAllPods({ runtime }: CriClient): Promise<void> {
  for (const { id: podSandboxId } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
  }
}
