// kill -9 of kubelet, berthd and API server at random moments, while Deployments and Jobs come and go: no pod is lost,
// doubled or restarted that did not have to be, and in the end nothing of the pods is left on the node.
// BERTH_CLUSTER_KILLS has the number of kills, BERTH_KILL_SEED chooses the moments.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ContainerState, PodSandboxState } from '@berth/cri/generated/api.ts';
import { type ClusterNode, startNode } from '@berth/test-support/cluster/node.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { seededRandom } from '@berth/test-support/fuzz.ts';
import { traces } from '@berth/test-support/node-traces.ts';
import { until } from '@berth/test-support/until.ts';
import { Remains } from '../system/kill/remains.ts';
import { Churn, lives, PatientClient } from './churn.ts';
import { probedDeployment } from './controllers.ts';
import { kubelets } from './kubelets.ts';
import { nodeIsReady } from './objects.ts';
import { containersOf, isReady } from './pod-objects.ts';

const wantedKills = Number(process.env['BERTH_CLUSTER_KILLS'] ?? 40);
const seed = Number(process.env['BERTH_KILL_SEED'] ?? 1);
/** Kills between two waits for a whole life of each kind, which takes some seconds without a kill. */
const killsPerLife = 20;
/** Kills between two looks at the pods that must stay as they are. */
const killsPerLook = 10;
/** The longest time between two kills, in milliseconds. */
const longestLifeMs = 1500;

const cluster = await testCluster();
const api = new PatientClient(cluster);

for (const kubelet of kubelets) {
  test(`${kubelet} kubelet: ${wantedKills} kills of kubelet, berthd and API server lose, double and leak nothing`, {
    timeout: 3_600_000,
  }, async (t) => {
    const name = `${kubelet}-x`;
    await using node = await startNode({ cluster, name, kubelet });
    await nodeIsReady(cluster, name);
    // One whole life first, so that every folder that stays is there before the census.
    await Promise.all(
      Object.entries(lives).map(([kind, life]) => life({ api, node: name }, `first-${kind}`)),
    );
    await untilNothingRuns(node);
    const remains = await stopped(node, () => new Remains(node.runtime.dir, ...oursOf(node)));
    const files = await stopped(node, () => filesOf(node));
    await node.kubelet.restart();

    const steady = await startSteady(name);
    const churn = new Churn({ api, node: name });
    const random = seededRandom(seed);
    const kills = { kubelet: 0, berthd: 0, apiServer: 0 };
    const count = (): number => kills.kubelet + kills.berthd + kills.apiServer;
    try {
      let [nextRound, nextLook] = [killsPerLife, killsPerLook];
      while (count() < wantedKills) {
        // A kill at any moment, and not at that of an event.
        await Promise.race([delay(random(longestLifeMs)), churn.failed]);
        const victim = victims[random(victims.length)] ?? 'kubelet';
        kills[victim] += await killers[victim](node, random);
        if (count() >= nextLook) {
          nextLook = count() + killsPerLook;
          assert.deepEqual(
            await steadyOf(name),
            steady,
            `after kill ${count()} a steady pod is not the same`,
          );
          await nothingIsDoubled(node);
        }
        if (count() >= nextRound) {
          nextRound = count() + killsPerLife;
          await churn.oneMoreOfEach();
        }
      }
      await churn.oneMoreOfEach();
      await churn.end();
      await nodeIsReady(cluster, name);
      assert.deepEqual(await steadyOf(name), steady);
      await nothingIsDoubled(node);
      await api.delete('Deployment', steadyName(name));
      await api.podsThat(`app=${steadyName(name)}`, 'are gone', (pods) => pods.length === 0);
      await untilNothingRuns(node);
      await node.kubelet.stop();
      const left = () => [...filesOf(node)].filter((line) => !files.has(line));
      await until('no file of a pod is left', () => left().length === 0, left);
      assert.deepEqual(await remains.settled(), []);
    } finally {
      t.diagnostic(`seed ${seed}: kills ${inspect(kills)}; whole lives: ${inspect(churn.whole)}`);
      await churn.end().catch(() => {});
    }
  });
}

type Victim = 'kubelet' | 'berthd' | 'apiServer';
/** A kubelet is killed as often as the others together. */
const victims: readonly Victim[] = ['kubelet', 'kubelet', 'kubelet', 'berthd', 'berthd', 'apiServer'];

type Random = ReturnType<typeof seededRandom>;

/** Each kills its victim and has it run again; resolves with how often it was killed. */
const killers: Readonly<Record<Victim, (node: ClusterNode, random: Random) => Promise<number>>> = {
  kubelet: async ({ kubelet }, random) => {
    await kubelet.stop('SIGKILL');
    const kills = await cutStarts(random, (waitMs) => kubelet.restart(waitMs));
    await kubelet.restart();
    return kills;
  },
  berthd: async ({ runtime: { ours } }, random) => {
    if (ours === undefined) throw new Error('its runtime is not berthd');
    await ours.berthd.stop('SIGKILL');
    const kills = await cutStarts(random, async (waitMs) => {
      await ours.restart(waitMs);
      await ours.berthd.stop('SIGKILL');
    });
    await ours.restart();
    return kills;
  },
  apiServer: async (_node, random) => {
    await cluster.apiServer.kill();
    // An outage of any length.
    await delay(random(longestLifeMs));
    await cluster.apiServer.start();
    return 1;
  },
};

/** Half of the starts are cut short, at any moment of the time that starts take; resolves with the kills so far. */
async function cutStarts(random: Random, start: (waitMs: number) => Promise<void>): Promise<number> {
  let kills = 1;
  for (; random(2) === 0; kills++) await start(random(500));
  return kills;
}

const steadyName = (node: string): string => `steady-${node}`;

/** Pods that are probed and must stay as they are. */
async function startSteady(node: string): Promise<object[]> {
  await api.apply(probedDeployment({ name: steadyName(node), node }));
  return await steadyOf(node);
}

async function steadyOf(node: string): Promise<object[]> {
  const pods = await api.podsThat(`app=${steadyName(node)}`, 'are two and ready', (all) => {
    return all.length === 2 && all.every(isReady);
  });
  return pods.map(containersOf);
}

/** No pod has two sandboxes that run, and no container runs twice. */
async function nothingIsDoubled({ runtime: { client } }: ClusterNode): Promise<void> {
  const { items } = await client.runtime.listPodSandbox({});
  const running = items.filter(({ state }) => state === PodSandboxState.SANDBOX_READY);
  const uids = running.map(({ metadata }) => metadata?.uid);
  assert.equal(new Set(uids).size, uids.length, `a pod has two sandboxes: ${uids.join(' ')}`);
  const state = { state: ContainerState.CONTAINER_RUNNING };
  const { containers } = await client.runtime.listContainers({ filter: { state } });
  const names = containers.map(({ podSandboxId, metadata }) => `${podSandboxId} ${metadata?.name}`);
  assert.equal(new Set(names).size, names.length, `a container runs twice: ${names.join(', ')}`);
}

async function untilNothingRuns({ runtime: { client } }: ClusterNode): Promise<void> {
  // The real kubelet removes sandboxes once in a minute.
  const count = async () => (await client.runtime.listPodSandbox({})).items.length;
  await until('no sandbox is left', async () => (await count()) === 0, undefined, 180_000);
}

/** What `look` finds while the kubelet does not run. */
async function stopped<Found>({ kubelet }: ClusterNode, look: () => Found): Promise<Found> {
  await kubelet.stop();
  return look();
}

function oursOf({ runtime: { ours } }: ClusterNode) {
  if (ours === undefined) throw new Error('its runtime is not berthd');
  return [ours.paths, ours.network.bridge] as const;
}

/** Files of pods and logs in the folders of the kubelet. */
function filesOf({ rootDir, runtime: { dir } }: ClusterNode): Set<string> {
  const folders = [join(rootDir, 'pods'), join(rootDir, 'plugins'), join(dir, 'log')];
  const lines = traces(dir, '');
  return new Set([...lines].filter((line) => folders.some((folder) => line.startsWith(`file ${folder}/`))));
}
