// `npm run bench`: Berth beside its peers in one run, taking turns, with the same conflist and the same image.
// `npm run bench -- pods pull` runs the suites of these names only. Prints tables with ratios of medians and
// keeps them in bench/RESULTS.md; exits 1 when a goal is missed. BENCH_N sets the repetitions (20 unless given).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTable } from '@berth/linux/nftables/nftables.ts';
import { defaultConfig } from '@berth/runtime/config/config.ts';
import { defaultFile } from '@berth/runtime/network/default-names.ts';
import { masqueradeTableName } from '@berth/runtime/network/default-network.ts';
import { removeLoopbackGuard } from '@berth/runtime/network/loopback-guard.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import { podDown, podUp } from '@berth/test-support/pods.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';
import { writeFigures } from '../scripts/performance.ts';
import { benchCluster } from './cluster/bench-cluster.ts';
import { rows } from './cluster/measure-nodes.ts';
import { benchCrictl } from './crictl.ts';
import { benchKubelets } from './kubelet.ts';
import { startOurs, startReal } from './kubelet-peers.ts';
import { median, timed } from './measure.ts';
import { type Peer, startBerth, startContainerdPeer } from './peers.ts';
import { benchPods } from './pods.ts';
import { benchPull, freshFileSystem } from './pull.ts';
import { markdownTable, missedGoals, record, type SuiteResult } from './results.ts';

const repetitions = Number(process.env['BENCH_N'] ?? 20);

const unitOfCluster = (what: string) => {
  if (what === rows.resident) return 'MiB';
  return what === rows.requests || what === rows.failures ? '' : 'ms';
};

const unit = (what: string) => (/memory|daemon|resident/.test(what) ? 'MiB' : 'ms');

const suites: Record<string, (dir: string, resources: AsyncDisposableStack) => Promise<SuiteResult>> = {
  /** The same OCI runtime, and every plugin of the conflist, for both. */
  pods: async (dir, resources) => {
    const peers = [
      await startBerth({ dir: below(dir, 'runc'), runtime: 'runc' }, resources),
      await startBerth({ dir: below(dir, 'crun'), runtime: 'crun' }, resources),
      await startContainerdPeer({ dir: below(dir, 'ctd'), runtime: 'runc', version: '2.4' }, resources),
    ];
    return {
      suite: 'pods',
      about: `Medians of ${repetitions} pods one after another, and of three times 50 at once; bridge (ipMasq off), host-local and portmap as programs; containerd 2.4.2.`,
      names: peers.map(({ name }) => name),
      figures: await benchPods(peers, { repetitions, atOnce: 50 }),
      unit,
      ratioGoals: { 'pod up': 0.5, 'pod down': 0.4, '50 pods up at once': 0.45 },
      limits: { 'memory per pod': 0.45, 'daemon with 50 pods': 100, 'ListContainerStats, 50 pods': 20 },
    };
  },

  /** What a user gets who configures nothing, beside the containerd that Debian has. */
  'default-network': async (dir, resources) => {
    const conflist = defaultFile;
    resources.defer(() => removeTable(masqueradeTableName));
    resources.defer(() => removeLoopbackGuard());
    const peers = [
      await startBerth({ dir: below(dir, 'own'), runtime: 'crun', conflist }, resources),
      await startContainerdPeer(
        { dir: below(dir, 'deb'), runtime: 'crun', conflist, version: '1.6' },
        resources,
      ),
    ];
    const figures = await benchPods(peers, { repetitions, atOnce: 20 });
    const [berth] = peers;
    if (berth !== undefined) figures[0]?.set('crictl ps, whole process', await crictlPs(berth));
    return {
      suite: 'default-network',
      about: `Medians of ${repetitions} pods one after another, and of three times 20 at once, with crun on the conflist of Berth's default network, of which Berth leaves out portmap for pods that map no port; Debian's containerd 1.6.`,
      names: peers.map(({ name }) => name),
      figures,
      unit,
      ratioGoals: {
        'pod up': 0.5,
        'pod down': 0.5,
        'ExecSync true': 1,
        '20 pods up at once': 0.5,
        '20 pods down at once': 0.5,
      },
      limits: { 'memory per pod': 1, 'daemon with 20 pods': 90, 'crictl ps, whole process': 100 },
    };
  },

  pull: async (dir, resources) => {
    const [ours, theirs] = [below(dir, 'berth'), below(dir, 'ctd')];
    for (const target of [ours, theirs]) {
      resources.use(freshFileSystem(`/var/tmp/berth-bench-${target.replaceAll('/', '-')}.img`, target));
    }
    const peers = [
      await startBerth({ dir: ours, runtime: 'runc' }, resources),
      await startContainerdPeer({ dir: theirs, runtime: 'runc', version: '2.4' }, resources),
    ];
    return {
      suite: 'pull',
      about:
        'Medians of 5 pulls of an image of 490 MiB in 20,000 files and five gzip layers from a registry on the same machine, each runtime on an ext4 file system of its own; containerd 2.4.2.',
      names: peers.map(({ name }) => name),
      figures: await benchPull(peers, { repetitions: 5 }),
      unit,
      ratioGoals: { 'pull + unpack, 490 MiB': 0.6 },
      limits: {},
    };
  },

  crictl: async (dir, resources) => {
    const { client, logDir, socket } = await startBerth(
      { dir: below(dir, 'node'), runtime: 'crun' },
      resources,
    );
    for (let index = 0; index < 10; index++) {
      const pod = await podUp({ client, logDir, name: `pod-${index}` });
      resources.defer(() => podDown(client, pod));
    }
    const rounds = Math.max(30, repetitions);
    const programs = [join(checkout, 'bin/crictl'), await buildPeer('crictl')];
    return {
      suite: 'crictl',
      about: `bin/crictl and the real crictl 1.36.0 as whole processes, in turns on one berthd with 10 pods; medians of ${rounds}.`,
      names: ['berth', 'crictl 1.36.0'],
      figures: benchCrictl(programs, { socket, repetitions: rounds }),
      unit,
      ratioGoals: {
        'crictl ps': 1,
        'crictl ps, peak memory': 1.8,
        'crictl version': 1,
        'crictl version, peak memory': 1.8,
      },
      limits: {},
    };
  },

  kubelet: async (dir, resources) => {
    const crun = await startBerth({ dir: below(dir, 'crun'), runtime: 'crun' }, resources);
    const runc = await startBerth({ dir: below(dir, 'runc'), runtime: 'runc' }, resources);
    const theirs = await startContainerdPeer(
      { dir: below(dir, 'ctd'), runtime: 'runc', version: '2.4' },
      resources,
    );
    const peers = [
      await startOurs(crun, resources),
      await startOurs(runc, resources),
      await startReal(theirs, resources),
    ];
    return {
      suite: 'kubelet',
      about: `Static manifests that are dropped into the folder of Berth's kubelet on berthd and of the real one on containerd 2.4.2, in turns, with the same conflist; medians of ${repetitions}. The ratio is with each runtime's default, crun for berthd and runc for containerd; the second column has berthd with runc. Gone means that no sandbox of the pod is up and that its cgroup is removed.`,
      names: peers.map(({ name }) => name),
      figures: await benchKubelets(peers, { repetitions }),
      unit,
      ratioGoals: {
        'manifest dropped → Running': 0.4,
        'manifest dropped → Ready, HTTP readiness probe': 0.4,
        'manifest deleted → gone': 0.35,
        '30 manifests at once → all Running': 0.35,
        'CPU per second, 30 pods with three probes': 0.6,
        'resident with 30 pods': 1,
      },
      limits: {},
    };
  },

  /** Both as nodes of one cluster, whose control plane shares the machine with them. */
  cluster: async (dir) => {
    const rounds = Math.min(15, repetitions);
    return {
      suite: 'cluster',
      about: `Berth's kubelet on berthd and the real one on containerd 2.4.2 as two nodes of one cluster on one machine with its control plane, in turns, as a watch of the API server shows it; medians of ${rounds}, and of five times 30 at once. Pods have a service account's token and no probe; all folders are on a tmpfs, and neither kubelet is short of its kubeAPIBurst when 30 pods begin or end. Each runtime has its default, crun for berthd and runc for containerd.`,
      names: ['berth', 'kubelet 1.37.2 on containerd'],
      figures: await benchCluster(dir, { repetitions: rounds }),
      unit: unitOfCluster,
      ratioGoals: {
        [rows.ready]: 0.35,
        [rows.gone]: 0.3,
        [rows.manyReady]: 0.35,
        [rows.manyGone]: 0.35,
        [rows.cpu]: 0.5,
        [rows.resident]: 1,
        [rows.requests]: 1,
      },
      limits: { [rows.failures]: 0 },
    };
  },
};

const chosen = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(suites);
const missed: string[] = [];
moveHugetlbToV1();
if (existsSync(defaultConfig.listen)) {
  throw new Error(
    'a node of berth up runs on this machine and would be measured too; end it with: berth down',
  );
}
for (const name of chosen) {
  const suite = suites[name];
  if (suite === undefined) throw new Error(`no suite ${name}; there are ${Object.keys(suites).join(', ')}`);
  using scratch = scratchDir('bench');
  await using resources = new AsyncDisposableStack();
  const result = await suite(scratch.path, resources);
  console.log(`\n${result.about}\n\n${markdownTable(result)}`);
  record(result);
  missed.push(...missedGoals(result).map((line) => `${name}: ${line}`));
}
writeFigures();
if (missed.length > 0) {
  console.error(`\nmissed:\n  ${missed.join('\n  ')}`);
  process.exitCode = 1;
}

function below(dir: string, name: string): string {
  const path = join(dir, name);
  mkdirSync(path);
  return path;
}

/** Milliseconds of bin/crictl as a whole process, the median of ten. */
async function crictlPs({ socket }: Peer): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    times.push(await timed(async () => execFileSync(join(checkout, 'bin/crictl'), ['-r', socket, 'ps'])));
  }
  return median(times);
}
