// kill -9 of berthd within everything it can be asked to do, at random moments. Containers must outlive it, the
// restarted daemon must adopt them and end what its predecessor had begun in them, and at the end nothing may
// be left: no process, mount, namespace, link, lease, cgroup, file or row.
import assert from 'node:assert/strict';
import { chmodSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { seededRandom } from '@berth/test-support/fuzz.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { startRegistry } from '@berth/test-support/image-registry.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { podDown, podUp } from '@berth/test-support/pods.ts';
import { type Daemon, scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { Flights } from './flights.ts';
import { pushImages } from './images.ts';
import {
  checkpointLife,
  imageLife,
  type Life,
  lookLife,
  podLife,
  type Surroundings,
  volumeLife,
} from './lives.ts';
import { Remains } from './remains.ts';
import { commandLife, outlived, streamLife } from './streams.ts';

/** All of them are 300; `npm test` samples. */
const wantedKills = Number(process.env['BERTH_KILLS'] ?? 120);
const seed = Number(process.env['BERTH_KILL_SEED'] ?? 1);
const killsPerLife = 60;

const lives: Record<string, Life> = {
  pod: podLife,
  volumes: volumeLife,
  images: imageLife,
  checkpoint: checkpointLife,
  commands: commandLife,
  streams: streamLife,
  looks: lookLife,
};

/** What kills have to cut short, each of them leaving something half done. */
const wanted = [
  ...['runPodSandbox', 'createContainer', 'startContainer', 'stopContainer', 'removeContainer'],
  ...['stopPodSandbox', 'removePodSandbox', 'updateContainerResources', 'updatePodSandboxResources'],
  ...['reopenContainerLog', 'execSync', 'pullImage', 'removeImage', 'getContainerEvents'],
  ...['checkpointContainer', 'exec stream, spdy', 'exec stream, websocket', 'exec stream, spdy, tty'],
  ...['attach stream', 'port-forward stream'],
];
/** How often each of them. */
const wantedTimes = wantedKills >= 300 ? 5 : 1;

test(`berthd killed ${wantedKills} times leaks nothing and loses no container`, {
  timeout: 3_600_000,
}, async (t) => {
  moveHugetlbToV1();
  using scratch = scratchDir('kill');
  const dir = scratch.path;
  // Users of a pod's own have to reach its files.
  chmodSync(dir, 0o711);
  const paths = layOutBerthd(dir);
  using network = await PodNetwork.take('kill');
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  const registry = await startRegistry();
  const images = await pushImages(dir, registry);
  let daemon: Daemon = await startBerthd(paths, dir);
  const flights = new Flights();
  const ended = new AbortController();
  let loops: Promise<void>[] = [];
  const plain = connectCri(paths.socket, { timeoutMs: 300_000 });
  try {
    await loadTestImage(paths.socket);
    const client = flights.track(plain);
    const cgroupParent = paths.cgroupParent;
    const fixture = (name: string) => ({ client, name, logDir: join(dir, 'logs'), cgroupParent });
    // One whole life first, so that the bridge and every folder that stays are there before the census.
    await podDown(client, await podUp(fixture('first')));
    await collectImages(client, images);
    const remains = new Remains(dir, paths, network.bridge);

    const ticking = 'i=0; while true; do echo tick $i; i=$((i+1)); usleep 100000; done';
    const steady = await podUp(fixture('steady'), [
      '/bin/sh',
      '-c',
      `httpd -p 127.0.0.1:80 -h /; ${ticking}`,
    ]);
    const steadyPid = await containerPid(client, steady.containerId);
    const whole = new Map(Object.keys(lives).map((name) => [name, 0]));
    loops = Object.entries(lives).map(([name, life]) =>
      live(life, { client, flights, dir, name, cgroupParent, steady, images }, whole, ended.signal),
    );
    const failed = Promise.all(loops).then(() => {});
    failed.catch(() => {});

    const random = seededRandom(seed);
    let startMs = 200;
    let killsInStart = 0;
    let nextRound = 0;
    while (flights.kills < wantedKills) {
      // On a busy machine no life fits between two kills, and only whole ones show that all works after so many.
      if (flights.kills >= nextRound) {
        await Promise.race([oneMoreOfEach(whole, ended.signal), failed]);
        nextRound = flights.kills + killsPerLife;
      }
      // Half of them at any moment, from the first milliseconds after a start on.
      const target = random(2) === 0 ? undefined : tooSeldom(flights.cutShort)[0];
      await Promise.race([
        target === undefined ? delay(random(200)) : flights.within(target, random),
        failed,
      ]);
      flights.kill();
      await daemon.stop('SIGKILL');
      // Half of the starts come to an end of their own, at any moment of the time that starts take.
      while (random(2) === 0 && flights.kills < wantedKills) {
        daemon = await startBerthd(paths, dir, random(startMs));
        flights.killInStart();
        await daemon.stop('SIGKILL');
        killsInStart += 1;
      }
      const begin = performance.now();
      daemon = await startBerthd(paths, dir);
      startMs = Math.ceil(performance.now() - begin);
      assert.equal(
        await containerPid(client, steady.containerId),
        steadyPid,
        `after kill ${flights.kills} the steady container is not the same`,
      );
      await expectNoneOutlived(flights.kills);
    }
    ended.abort();
    await Promise.all(loops);

    const ticks = readSteadyTicks(dir);
    assert.ok(ticks.length > flights.kills, 'the steady container went on logging');
    assert.deepEqual(
      ticks,
      ticks.map((_, index) => index),
      'no line of its log is lost or doubled',
    );
    await removePods(client);
    await collectImages(client, images);
    const found = await remains.settled();
    t.diagnostic(
      `seed ${seed}: ${flights.kills} kills, ${killsInStart} of them in a start, ${found.length} leaks; whole lives: ${table(whole)}`,
    );
    t.diagnostic(`under way at a kill: ${table(flights.cutShort)}`);
    assert.deepEqual(found, []);
    for (const [name, count] of whole) assert.ok(count > 0, `no life of ${name} was whole`);
    if (wantedKills >= 100) {
      assert.deepEqual(tooSeldom(flights.cutShort), [], `under way at fewer than ${wantedTimes} kills`);
    }
  } catch (error) {
    t.diagnostic(`after ${flights.kills} kills with seed ${seed}; under way: ${table(flights.cutShort)}`);
    t.diagnostic(inspect(error));
    t.diagnostic(daemon.output().split('\n').slice(-60).join('\n'));
    throw error;
  } finally {
    ended.abort();
    await Promise.allSettled(loops);
    await removePods(plain).catch((error: unknown) => t.diagnostic(inspect(error)));
    plain.close();
    await daemon.stop();
    await registry.stop();
    await detectCgroups().remove(paths.cgroupParent);
  }
});

/** What has to be under way at more kills, what was at the fewest first. */
function tooSeldom(cutShort: ReadonlyMap<string, number>): string[] {
  const times = (name: string) => cutShort.get(name) ?? 0;
  return wanted.filter((name) => times(name) < wantedTimes).sort((one, other) => times(one) - times(other));
}

const table = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(', ');

/** Lives one life after another until told to stop, starting over as a kubelet does whenever berthd dies. */
async function live(
  life: Life,
  surroundings: Surroundings,
  whole: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { client, flights, name } = surroundings;
  while (!signal.aborted) {
    const { kills } = flights;
    try {
      await life(surroundings);
      whole.set(name, (whole.get(name) ?? 0) + 1);
      // Leaves the processors to those that take longer.
      await delay(200, undefined, { signal }).catch(() => {});
    } catch (error) {
      if (!flights.explains(error, kills)) {
        throw new Error(`${name}, after kill ${kills}: ${String(error)}`, { cause: error });
      }
      await startOver(client, flights, name, signal);
    }
  }
}

/** Waits until berthd answers again and removes what is left of the pods `name`. */
async function startOver(
  client: CriClient,
  flights: Flights,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  // berthd, which others kill and start, is asked until it answers.
  for (const deadline = performance.now() + 90_000; !signal.aborted; await delay(20)) {
    const { kills } = flights;
    try {
      return await removePods(client, { 'io.kubernetes.pod.name': name });
    } catch (error) {
      if (!flights.explains(error, kills) || performance.now() > deadline) throw error;
    }
  }
}

async function removePods({ runtime }: CriClient, labelSelector: Record<string, string> = {}): Promise<void> {
  const { items } = await runtime.listPodSandbox({ filter: { labelSelector } });
  for (const { id: podSandboxId } of items) {
    // What is left of a checkpoint must not keep a container from answering.
    const { containers } = await runtime.listContainers({ filter: { podSandboxId, state: { state: 1 } } });
    for (const { id: containerId } of containers) {
      const { exitCode } = await runtime.execSync({ containerId, cmd: ['/bin/true'], timeout: 60n });
      assert.equal(exitCode, 0);
    }
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
  }
}

/** Finishes what pulls have left half done, and removes it. */
async function collectImages({ image }: CriClient, images: readonly string[]): Promise<void> {
  for (const name of images) {
    const spec = { image: { image: name } };
    await image.pullImage(spec);
    await image.removeImage(spec);
  }
}

async function oneMoreOfEach(whole: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
  const before = new Map(whole);
  const missing = () =>
    [...whole].filter(([name, count]) => count === before.get(name)).map(([name]) => name);
  await until('each life was whole', () => signal.aborted || missing().length === 0, missing, 300_000);
}

/** Recovery ends the commands of a berthd that died before it serves; the kernel may need a moment more. */
async function expectNoneOutlived(kills: number): Promise<void> {
  await until(
    `no command outlives kill ${kills}`,
    () => outlived(kills).length === 0,
    () => outlived(kills),
  );
}

async function containerPid(client: CriClient, containerId: string): Promise<number> {
  const { status, info } = await client.runtime.containerStatus({ containerId, verbose: true });
  assert.equal(status?.state, 1, 'CONTAINER_RUNNING');
  const parsed: unknown = JSON.parse(info['info'] ?? '{}');
  assert.ok(
    typeof parsed === 'object' && parsed !== null && 'pid' in parsed && typeof parsed.pid === 'number',
  );
  process.kill(parsed.pid, 0);
  return parsed.pid;
}

function readSteadyTicks(dir: string): number[] {
  const [log = ''] = globSync(join(dir, 'logs/default_steady_*/main/0.log'));
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^\S+ stdout F tick (\d+)$/.exec(line);
      return match ? [Number(match[1])] : [];
    });
}
