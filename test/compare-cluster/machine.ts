// The program of the comparison's machine: a control plane with the real node and ours, on which the same things happen,
// and what was seen of both as JSON in a file.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { type Cluster, startCluster } from '@berth/test-support/cluster/cluster.ts';
import { startNode } from '@berth/test-support/cluster/node.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import { auditPolicy, readAudit } from '../cluster/audit.ts';
import { nodeIsReady } from '../cluster/objects.ts';
import { cases } from '../compare-kubelet/cases/all.ts';
import { marksDir } from '../compare-kubelet/cases/pod.ts';
import { serverCases } from '../compare-kubelet/cases/server.ts';
import type { Json } from '../compare-kubelet/normalise.ts';
import { ClusterLog } from './cluster-log.ts';
import { type LifeOnNode, liveAll } from './life.ts';
import { clusterLives } from './lives.ts';
import { isForClusters, lifeOf } from './manifest-lives.ts';
import { nodeFacts } from './node-facts.ts';
import { create, end, reach } from './pod-life.ts';
import { nodeOf, type SideName, sides } from './side.ts';

/** The program's only argument, as JSON. */
export interface MachineWork {
  /** Whole names of lives. */
  lives: readonly string[];
  /** Whether the nodes are looked at. */
  facts: boolean;
  /** The file to write. */
  out: string;
}

/** By side, and by the names of reports. */
export type Seen = Record<SideName, Record<string, Json>>;

/** Two kubelets and a control plane share the processors. */
const atOnce = 12;
const idleMs = 60_000;

const work = JSON.parse(process.argv[2] ?? '') as MachineWork;
const lives = [...clusterLives, ...cases.filter(isForClusters).map(lifeOf)].filter(({ name }) =>
  work.lives.includes(name),
);
const seen: Seen = { real: {}, ours: {} };
await using resources = new AsyncDisposableStack();
const scratch = resources.use(scratchDir('compare'));
const auditLog = join(scratch.path, 'audit.log');
const policy = join(scratch.path, 'policy.json');
writeFileSync(policy, JSON.stringify(auditPolicy(sides.map(nodeOf), 'Metadata')));
mkdirSync(marksDir, { recursive: true });
resources.defer(() => rmSync('/run/node', { recursive: true, force: true }));
const cluster = resources.use(
  await startCluster({
    flags: { 'kube-apiserver': [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`] },
  }),
);
try {
  const nodes = await Promise.all(sides.map((side) => start(side, cluster)));
  if (work.facts) await lookAtNodes(nodes);
  tell('looked at the nodes');
  await Promise.all(nodes.map(async (on) => Object.assign(seen[on.side], await liveAll(lives, on, atOnce))));
  tell('lived');
} catch (error) {
  console.log(`BROKEN: ${inspect(error)}; the logs are in ${cluster.keepLogs()}`);
  process.exitCode = 1;
}
writeFileSync(work.out, JSON.stringify(seen));

async function start(side: SideName, of: Cluster): Promise<LifeOnNode> {
  const name = nodeOf(side);
  await of.admin.create('/api/v1/namespaces', { metadata: { name } });
  for (const path of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'])
    await until(`there is ${path}`, () => of.admin.find(`/api/v1/namespaces/${name}/${path}`));
  const manifests = join(scratch.path, side);
  mkdirSync(manifests);
  const log = resources.use(await ClusterLog.start(of.admin, name));
  const node = resources.use(
    await startNode({
      cluster: of,
      name,
      kubelet: side,
      runtime: 'berthd',
      configuration: { staticPodPath: manifests, allowedUnsafeSysctls: ['kernel.msg*'], maxPods: 250 },
    }),
  );
  await nodeIsReady(of, name);
  const user = `system:node:${name}`;
  const requests = () => readAudit(auditLog).filter((each) => each.user === user);
  return { side, admin: of.admin, log, node, manifests, requests };
}

/** Looks at both nodes while each has one pod, and at what they ask for while nothing happens. */
async function lookAtNodes(nodes: readonly LifeOnNode[]): Promise<void> {
  const [target] = serverCases;
  if (target === undefined) throw new Error('no pod to look at');
  await Promise.all(
    nodes.map(async (on) => {
      await create(on, target.manifest);
      await reach(on, target.pod, target.settled);
    }),
  );
  // What the start of a node and of a pod brings with it is not idle.
  await delay(10_000);
  const before = nodes.map(({ requests }) => requests().length);
  await delay(idleMs);
  for (const [index, on] of nodes.entries()) {
    const idle = on.requests().slice(before[index]);
    Object.assign(seen[on.side], await nodeFacts(on, idle));
  }
  await Promise.all(nodes.map((on) => end(on, target.pod)));
}

/** What takes how long, for whoever looks at the output. */
function tell(what: string): void {
  console.log(`${(performance.now() / 1000).toFixed(1)} s: ${what}`);
}
