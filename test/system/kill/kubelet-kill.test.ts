// kill -9 of the kubelet at random moments of what it does to pods: probes, hooks, volumes, sidecars, pods from a URL,
// user namespaces, resizes. No container may restart that did not have to, a healthy pod stays ready with the ids that
// it has, a resize arrives, and in the end nothing of the pods is left.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { seededRandom } from '@berth/test-support/fuzz.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { startKubelet } from '@berth/test-support/kubelet.ts';
import { traces } from '@berth/test-support/node-traces.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { containersOf, drop, type KilledNode, remove, untilGone, untilReady } from './killed-kubelet.ts';
import { idRanges, type Life, lives } from './kubelet-lives.ts';
import { steadyManifest, urlManifest, usersManifest } from './kubelet-manifests.ts';
import { ManifestUrl } from './manifest-url.ts';

const wantedKills = Number(process.env['BERTH_KUBELET_KILLS'] ?? 60);
const seed = Number(process.env['BERTH_KILL_SEED'] ?? 1);
/** Kills between two waits for a whole life of each pod, since on a busy machine none fits between two kills. */
const killsPerLife = 20;
/** Kills between two looks at the steady pod: a kubelet needs a moment to find it ready. */
const killsPerLook = 5;
/** The longest life of a kubelet, in milliseconds: a pod needs about a second to become ready, or three starts. */
const longestLifeMs = (startMs: number): number => Math.max(1500, 3 * startMs);
/** The pods that must stay as they are. */
const steadyPods = ['steady', 'steadyurl', 'steadyusers'];

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
  const url = new ManifestUrl(seed);
  await url.listen();
  const begin = (waitMs?: number) =>
    startKubelet({
      dir,
      endpoint: paths.socket,
      manifests,
      extraFlags: [`--manifest-url=${url.url}`, '--http-check-frequency=200ms'],
      ...(waitMs === undefined ? {} : { waitMs }),
    });
  const ended = new AbortController();
  let loops: Promise<void>[] = [];
  const node: KilledNode = {
    cri,
    manifests,
    url,
    rootDir: join(dir, 'kubelet'),
    cgroupRoot: `/${basename(dir)}`,
    kubelet: await begin(),
  };
  try {
    await loadTestImage(paths.socket);
    // One whole life first, so that every folder that stays is there before the census.
    for (const life of Object.values(lives)) await life(node, 0);
    await untilNothingRuns(cri);
    await node.kubelet.stop();
    const before = traces(dir, network.bridge);
    node.kubelet = await begin();

    drop(node, 'steady', steadyManifest);
    drop(node, 'steadyusers', usersManifest('steadyusers'));
    url.put('steadyurl', urlManifest('steadyurl'));
    const steady = await steadyState(node);
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
      await Promise.race([delay(random(longestLifeMs(startMs))), failed]);
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
        const state = await steadyState(node);
        assert.deepEqual(state, steady, `after kill ${kills} a steady pod is not the same`);
      }
    }
    await oneMoreOfEach(whole, ended.signal);
    ended.abort();
    await Promise.all(loops);
    assert.deepEqual(await steadyState(node), steady);
    url.remove('steadyurl');
    await Promise.all([remove(node, 'steady'), remove(node, 'steadyusers'), untilGone(node, 'steadyurl')]);
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
    url.close();
    await berthd.stop();
    await detectCgroups().remove(node.cgroupRoot);
    await detectCgroups().remove(paths.cgroupParent);
  }
});

/** Of the steady pods, what must not change: their containers, and the ids of the one that has its own. */
async function steadyState(node: KilledNode): Promise<object> {
  const containers: object[] = [];
  for (const name of steadyPods) containers.push(containersOf(await untilReady(node, name)));
  return { containers, ids: idRanges(node).get('uid-steadyusers') };
}

/** Lives one life after another until told to stop. */
async function live(
  name: string,
  life: Life,
  node: KilledNode,
  whole: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const round = (whole.get(name) ?? 0) + 1;
    await life(node, round);
    whole.set(name, round);
  }
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
