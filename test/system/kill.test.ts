// kill -9 of berthd at many moments of many pods' lives. Containers must outlive it, the restarted daemon
// must adopt them, and at the end nothing may be left: no process, mount, namespace, link, lease, cgroup,
// file or row.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { type CriClient, connectCri } from '@berth/cri/client.ts';
import { CriError } from '@berth/cri/errors.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { type BerthdPaths, layOutBerthd, startBerthd } from '../support/berthd.ts';
import { removeBridge, writeConflist } from '../support/conflist.ts';
import { moveHugetlbToV1 } from '../support/hugetlb.ts';
import { loadTestImage } from '../support/images.ts';
import { leaks, takeCensus } from '../support/leaks.ts';
import { isOfNode } from '../support/node-traces.ts';
import { podDown, podUp } from '../support/pods.ts';
import { type Daemon, scratchDir } from '../support/scratch.ts';

const wantedKills = 120;
const workers = 3;
const bridge = 'brkill0';

test(`berthd killed ${wantedKills} times leaks nothing and loses no container`, {
  timeout: 600_000,
}, async (t) => {
  moveHugetlbToV1();
  using scratch = scratchDir('kill');
  const dir = scratch.path;
  const paths = layOutBerthd(dir);
  writeConflist({
    confDir: paths.cniConfDir,
    name: 'kill',
    bridge,
    subnet: '10.231.0.0/16',
    dataDir: join(dir, 'leases'),
  });
  let daemon: Daemon = await startBerthd(paths, dir);
  const ended = new AbortController();
  let loops: Promise<void>[] = [];
  try {
    await loadTestImage(paths.socket);
    const client = connectCri(paths.socket, { timeoutMs: 30_000 });
    // One whole life first, so that the bridge and every folder that stays are there before the census.
    await podDown(
      client,
      await podUp({ client, name: 'first', logDir: join(dir, 'logs'), cgroupParent: paths.cgroupParent }),
    );
    const folders = [paths.root, paths.state, join(dir, 'leases'), paths.cniCacheDir];
    const before = takeCensus(folders);
    const rowsBefore = countRows(paths);

    const steady = await podUp(
      { client, name: 'steady', logDir: join(dir, 'logs'), cgroupParent: paths.cgroupParent },
      ['/bin/sh', '-c', 'i=0; while true; do echo tick $i; i=$((i+1)); usleep 20000; done'],
    );
    const steadyPid = await containerPid(client, steady.containerId);
    const lives = { count: 0 };
    loops = Array.from({ length: workers }, (_, index) =>
      livePods({ client, paths, dir, name: `worker${index}`, signal: ended.signal, lives }),
    );

    let kills = 0;
    while (kills < wantedKills) {
      // On a busy machine no life fits between two kills, and only whole ones show that pods work after so many.
      if (kills % 20 === 0) await oneMoreLife(lives);
      // Spread over the whole life of a pod, from the first milliseconds after a start on.
      await delay((kills * 37) % 331);
      daemon.child.kill('SIGKILL');
      await daemon.stop('SIGKILL');
      kills += 1;
      daemon = await startBerthd(paths, dir);
      assert.equal(await containerPid(client, steady.containerId), steadyPid, `after kill ${kills}`);
    }
    ended.abort();
    await Promise.all(loops);

    const ticks = readSteadyTicks(dir);
    assert.ok(ticks.length > kills, 'the steady container went on logging');
    assert.deepEqual(
      ticks,
      ticks.map((_, index) => index),
      'no line of its log is lost or doubled',
    );
    const { items } = await client.runtime.listPodSandbox({});
    for (const { id } of items) {
      await client.runtime.stopPodSandbox({ podSandboxId: id });
      await client.runtime.removePodSandbox({ podSandboxId: id });
    }
    // What an orphaned helper process was still doing when its berthd died ends by itself or is reconciled.
    const found = await settled(() => [
      ...leaks(before, takeCensus(folders)).filter(
        (line) => !line.includes(paths.config) && !isStranger(line, basename(dir)),
      ),
      ...Object.entries(countRows(paths))
        .filter(([table, rows]) => rows > (rowsBefore[table] ?? 0))
        .map(([table, rows]) => `rows: ${table} has ${rows}, had ${rowsBefore[table] ?? 0}`),
    ]);
    client.close();
    t.diagnostic(`${kills} kills, ${lives.count} whole pod lives meanwhile, ${found.length} leaks`);
    assert.deepEqual(found, []);
    assert.ok(kills >= 100);
    assert.ok(lives.count > 0, 'pods came and went between the kills');
  } catch (error) {
    t.diagnostic(daemon.output().split('\n').slice(-60).join('\n'));
    throw error;
  } finally {
    ended.abort();
    await daemon.stop();
    await Promise.allSettled(loops);
    removeBridge(bridge);
    await detectCgroups().remove(paths.cgroupParent);
  }
});

/** Whether a leak is a process that this machine has started for something else meanwhile. */
function isStranger(leak: string, nodeName: string): boolean {
  const pid = /^processes: (\d+)/.exec(leak)?.[1];
  return pid !== undefined && !isOfNode(pid, nodeName);
}

/** Waits until a pod has come and gone. */
async function oneMoreLife(lives: { count: number }): Promise<void> {
  const before = lives.count;
  for (const deadline = performance.now() + 20_000; lives.count === before; ) {
    assert.ok(performance.now() < deadline, 'no pod came and went in 20 s');
    await delay(20);
  }
}

/** Brings pods up and down until told to stop, starting over as a kubelet does whenever berthd dies. */
async function livePods(options: {
  client: CriClient;
  paths: BerthdPaths;
  dir: string;
  name: string;
  signal: AbortSignal;
  lives: { count: number };
}): Promise<void> {
  const { client, paths, dir, name, signal, lives } = options;
  const fixture = { client, name, logDir: join(dir, 'logs'), cgroupParent: paths.cgroupParent };
  while (!signal.aborted) {
    try {
      const pod = await podUp(fixture);
      const { stdout, exitCode } = await client.runtime.execSync({
        containerId: pod.containerId,
        cmd: ['/bin/echo', 'here'],
        timeout: 10n,
      });
      assert.equal(exitCode, 0);
      assert.equal(Buffer.from(stdout).toString(), 'here\n');
      await podDown(client, pod);
      lives.count += 1;
    } catch (error) {
      if (!(error instanceof CriError) || (error.code !== 'UNAVAILABLE' && error.code !== 'CANCELLED'))
        throw error;
      await startOver(client, name, signal);
    }
  }
}

/** Waits until berthd answers again and removes what is left of the pod `name`. */
async function startOver(client: CriClient, name: string, signal: AbortSignal): Promise<void> {
  for (const deadline = performance.now() + 60_000; !signal.aborted; ) {
    try {
      const labelSelector = { 'io.kubernetes.pod.name': name };
      const { items } = await client.runtime.listPodSandbox({ filter: { labelSelector } });
      for (const { id } of items) {
        await client.runtime.stopPodSandbox({ podSandboxId: id });
        await client.runtime.removePodSandbox({ podSandboxId: id });
      }
      return;
    } catch (error) {
      if (!(error instanceof CriError) || performance.now() > deadline) throw error;
      if (error.code !== 'UNAVAILABLE' && error.code !== 'CANCELLED') throw error;
      await delay(20);
    }
  }
}

async function containerPid(client: CriClient, containerId: string): Promise<number> {
  const { status, info } = await client.runtime.containerStatus({ containerId, verbose: true });
  assert.equal(status?.state, 1, 'CONTAINER_RUNNING');
  const parsed: unknown = JSON.parse(info.info ?? '{}');
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

/** Rows of every table of berthd's database. */
function countRows(paths: BerthdPaths): Record<string, number> {
  const [file = ''] = globSync(join(paths.root, '**/*.db'));
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return Object.fromEntries(
      tables.map(({ name }) => [
        String(name),
        Number(database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get()?.rows ?? 0),
      ]),
    );
  } finally {
    database.close();
  }
}

/** The shortest list that `look` gives within five seconds. */
async function settled(look: () => string[]): Promise<string[]> {
  let found = look();
  for (let tries = 0; found.length > 0 && tries < 50; tries++) {
    await delay(100);
    found = look();
  }
  return found;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
