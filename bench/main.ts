// `npm run bench`: berthd beside Debian's containerd in one run, with the same OCI runtime, the same shape
// of CNI network and the same image, taking turns. Prints medians and ratios; exits 1 when a goal is missed.
// BENCH_N sets the repetitions (20 unless given).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { removeTable } from '@berth/linux/nftables.ts';
import { defaultConfig } from '@berth/runtime/config/config.ts';
import { DEFAULT_FILE, MASQUERADE_TABLE } from '@berth/runtime/network/default-network.ts';
import { layOutBerthd, startBerthd } from '../test/support/berthd.ts';
import { removeBridge, writeConflist } from '../test/support/conflist.ts';
import { startContainerd } from '../test/support/containerd.ts';
import { moveHugetlbToV1 } from '../test/support/hugetlb.ts';
import { loadTestImage } from '../test/support/images.ts';
import { podDown, podUp, type RunningPod } from '../test/support/pods.ts';
import { checkout, scratchDir } from '../test/support/scratch.ts';
import { benchKubelet } from './kubelet.ts';
import { median, proportionalMiB, type Row, residentMiB, table, timed } from './measure.ts';

const repetitions = Number(process.env.BENCH_N ?? 20);
const atOnce = 20;

interface Peer {
  name: string;
  client: CriClient;
  socket: string;
  logDir: string;
  pid: number;
  /** Whether a command line is the daemon's own helper, one or more per pod. */
  isHelper: (commandLine: string) => boolean;
}

interface Measured {
  up: number[];
  exec: number[];
  down: number[];
  upAtOnce: number[];
  downAtOnce: number[];
  perPodMiB: number;
  daemonMiB: number;
  crictlPs: number[];
}

moveHugetlbToV1();
using scratch = scratchDir('bench');
const dir = scratch.path;
if (existsSync(defaultConfig.listen)) {
  throw new Error(
    'a node of berth up runs on this machine and would be measured too; end it with: berth down',
  );
}
const paths = layOutBerthd(dir, { runtime: 'crun' });
const containerdDir = join(dir, 'containerd');
const containerdConf = join(containerdDir, 'net.d');
mkdirSync(containerdConf, { recursive: true });
// The file name makes it berthd's own default network, which may leave out a plugin that has nothing to do.
for (const [index, confDir] of [paths.cniConfDir, containerdConf].entries()) {
  writeConflist({
    confDir,
    file: DEFAULT_FILE,
    name: `bench${index}`,
    bridge: `brbench${index}`,
    subnet: `10.${232 + index}.0.0/16`,
    dataDir: join(dir, `leases${index}`),
  });
}

const failures: string[] = [];
try {
  await using berthd = await startBerthd(paths, dir);
  await loadTestImage(paths.socket);
  await using containerd = await startContainerd({
    dir: containerdDir,
    cniConfDir: containerdConf,
  });
  const berth: Peer = {
    name: 'berth',
    client: connectCri(paths.socket, { timeoutMs: 60_000 }),
    socket: paths.socket,
    logDir: join(dir, 'logs0'),
    pid: berthd.pid,
    isHelper: (line) => line.includes('conmon') && line.includes(dir),
  };
  const peer: Peer = {
    name: 'containerd',
    client: connectCri(containerd.socket, { timeoutMs: 60_000 }),
    socket: containerd.socket,
    logDir: join(dir, 'logs1'),
    pid: containerd.pid,
    // The shim, and the pause container that containerd needs in each pod.
    isHelper: (line) => line.includes('containerd-shim') && line.includes(dir),
  };
  const [ours, theirs] = await measure([berth, peer]);
  const rows: Row[] = [
    { what: 'pod up', berth: median(ours.up), peer: median(theirs.up), unit: 'ms', goal: 0.5 },
    { what: 'ExecSync true', berth: median(ours.exec), peer: median(theirs.exec), unit: 'ms', goal: 1 },
    { what: 'pod down', berth: median(ours.down), peer: median(theirs.down), unit: 'ms', goal: 0.5 },
    {
      what: `${atOnce} pods up at once`,
      berth: median(ours.upAtOnce),
      peer: median(theirs.upAtOnce),
      unit: 'ms',
      goal: 0.5,
    },
    {
      what: `${atOnce} pods down at once`,
      berth: median(ours.downAtOnce),
      peer: median(theirs.downAtOnce),
      unit: 'ms',
      goal: 0.5,
    },
    { what: 'memory per pod', berth: ours.perPodMiB, peer: theirs.perPodMiB, unit: 'MiB' },
    { what: `daemon with ${atOnce} pods`, berth: ours.daemonMiB, peer: theirs.daemonMiB, unit: 'MiB' },
    {
      what: 'crictl ps, whole process',
      berth: median(ours.crictlPs),
      peer: median(theirs.crictlPs),
      unit: 'ms',
    },
  ];
  console.log(
    `\nmedians of ${repetitions}, both with crun and the conflist of Berth's default network (bridge, portmap);\nof its own network Berth leaves out portmap for pods that map no port\n`,
  );
  console.log(table(peer.name, rows));
  for (const { what, berth: value, peer: other, goal } of rows) {
    if (goal !== undefined && value / other > goal)
      failures.push(`${what}: ${(value / other).toFixed(2)} × ${peer.name}`);
  }
  limit('memory per pod', ours.perPodMiB, 1, 'MiB');
  limit('berthd resident', ours.daemonMiB, 90, 'MiB');
  limit('crictl ps', median(ours.crictlPs), 100, 'ms');

  const node = await benchKubelet({ dir, socket: paths.socket, repetitions, atOnce });
  console.log(`\nkubelet on berthd\n`);
  console.log(`static manifest dropped → Running  ${node.oneMs.toFixed(0)} ms (median of ${repetitions})`);
  console.log(`${atOnce} manifests dropped → all Running   ${node.manyMs.toFixed(0)} ms`);
  console.log(`kubelet resident with ${atOnce} pods       ${node.residentMiB.toFixed(0)} MiB`);
  limit('kubelet resident', node.residentMiB, 90, 'MiB');
  berth.client.close();
  peer.client.close();
} finally {
  for (const bridge of ['brbench0', 'brbench1']) removeBridge(bridge);
  removeTable(MASQUERADE_TABLE);
  await detectCgroups().remove(paths.cgroupParent);
}
if (failures.length > 0) {
  console.error(`\nmissed:\n  ${failures.join('\n  ')}`);
  process.exitCode = 1;
}

/** Notes a failure when `value` is over `most`. */
function limit(what: string, value: number, most: number, unit: string): void {
  if (value > most) failures.push(`${what}: ${value.toFixed(1)} ${unit}, at most ${most}`);
}

/** Measures both peers, always one after the other, so that noise meets both. */
async function measure(peers: [Peer, Peer]): Promise<[Measured, Measured]> {
  const results = peers.map(
    (): Measured => ({
      up: [],
      exec: [],
      down: [],
      upAtOnce: [],
      downAtOnce: [],
      perPodMiB: 0,
      daemonMiB: 0,
      crictlPs: [],
    }),
  );
  const both = peers.map((peer, index) => ({ peer, measured: results[index] ?? unreachable() }));
  for (let round = -2; round < repetitions; round++) {
    for (const { peer, measured } of both) {
      let pod: RunningPod | undefined;
      const up = await timed(async () => {
        pod = await podUp({ client: peer.client, name: `seq${round + 2}`, logDir: peer.logDir });
      });
      const started = pod ?? unreachable();
      const exec = await timed(() =>
        peer.client.runtime.execSync({ containerId: started.containerId, cmd: ['/bin/true'], timeout: 10n }),
      );
      const down = await timed(() => podDown(peer.client, started));
      // The first two rounds warm caches and compilers.
      if (round < 0) continue;
      measured.up.push(up);
      measured.exec.push(exec);
      measured.down.push(down);
    }
  }
  for (let round = 0; round < 3; round++) {
    for (const { peer, measured } of both) {
      const pods: RunningPod[] = [];
      const names = Array.from({ length: atOnce }, (_, index) => `par${round}-${index}`);
      const up = await timed(() =>
        Promise.all(
          names.map(async (name) =>
            pods.push(await podUp({ client: peer.client, name, logDir: peer.logDir })),
          ),
        ),
      );
      if (round === 2) {
        measured.perPodMiB = proportionalMiB(peer.isHelper) / atOnce;
        measured.daemonMiB = residentMiB(peer.pid);
        for (let i = 0; i < 10; i++) {
          measured.crictlPs.push(
            await timed(async () => execFileSync(join(checkout, 'bin/crictl'), ['-r', peer.socket, 'ps'])),
          );
        }
      }
      const down = await timed(() => Promise.all(pods.map((pod) => podDown(peer.client, pod))));
      measured.upAtOnce.push(up);
      measured.downAtOnce.push(down);
    }
  }
  return [results[0] ?? unreachable(), results[1] ?? unreachable()];
}

function unreachable(): never {
  throw new Error('a measurement is missing');
}
