// The program of the benchmark's own machine: a control plane, our node and the real one, and the figures of both as JSON
// in the file that is its argument.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmount } from '@berth/linux/mounts/mount.ts';
import { startCluster } from '@berth/test-support/cluster/cluster.ts';
import { type NodeOptions, startNode } from '@berth/test-support/cluster/node.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { auditPolicy, readAudit } from '../../test/cluster/audit.ts';
import { nodeIsReady } from '../../test/cluster/objects.ts';
import { type MeasuredNode, measureNodes } from './measure-nodes.ts';
import { PodWatch } from './pod-watch.ts';

/** Each runtime runs containers with its own default. */
const peers: Omit<NodeOptions, 'cluster'>[] = [
  { name: 'ours', kubelet: 'ours', runtime: 'berthd', ociRuntime: 'crun' },
  { name: 'real', kubelet: 'real', runtime: 'containerd', ociRuntime: 'runc' },
];

const [out = '', repetitions = ''] = process.argv.slice(2);
await using resources = new AsyncDisposableStack();
// /run is a tmpfs wherever a node runs. This machine's is a folder of its disk, and ext4 without a journal, as in many
// virtual machines, passes by each inode that was freed lately: a new file takes 2 ms there after pods have gone.
mount({ source: 'tmpfs', target: '/run', fstype: 'tmpfs', flags: ['nosuid', 'nodev'], data: 'mode=0755' });
resources.defer(() => unmount('/run'));
const scratch = resources.use(scratchDir('bench-audit'));
const policy = join(scratch.path, 'policy.json');
const auditLog = join(scratch.path, 'audit.log');
writeFileSync(
  policy,
  JSON.stringify(
    auditPolicy(
      peers.map(({ name }) => name),
      'Metadata',
    ),
  ),
);
const cluster = resources.use(
  await startCluster({
    flags: { 'kube-apiserver': [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`] },
  }),
);
try {
  const nodes: MeasuredNode[] = [];
  for (const peer of peers) {
    const node = resources.use(await startNode({ cluster, ...peer }));
    await nodeIsReady(cluster, peer.name);
    const watch = resources.use(await PodWatch.start(cluster.admin, peer.name));
    const user = `system:node:${peer.name}`;
    const requests = () => readAudit(auditLog).filter((each) => each.user === user);
    nodes.push({ node, watch, requests });
  }
  const figures = await measureNodes(nodes, { repetitions: Number(repetitions) });
  writeFileSync(out, JSON.stringify(figures.map((own) => [...own])));
} catch (error) {
  console.error(`the logs are in ${cluster.keepLogs()}`);
  throw error;
}
