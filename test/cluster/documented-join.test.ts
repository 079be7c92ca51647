// A machine joins a cluster by exactly the words of README.md: by kubeadm join, by a bootstrap token, by a kubeconfig.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, test } from 'node:test';
import { bootstrapToken } from '@berth/test-support/cluster/bootstrap-objects.ts';
import { prepareForKubeadm } from '@berth/test-support/cluster/kubeadm.ts';
import { testCluster } from '@berth/test-support/cluster/test-cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { commandLines } from '../system/documented-commands/command-lines.ts';
import {
  dropInOfKubeadm,
  type JoiningMachine,
  readmeSection,
  startJoiningMachine,
} from './documented-join/joining-machine.ts';
import { nodeIsReady, podIsReady } from './objects.ts';

// The machine reaches it over a cable.
const cluster = await testCluster({ address: '192.0.2.2' });
const { admin, kubectl, endpoint } = cluster;
// The authority is elsewhere on this control plane than on one that kubeadm has made.
const clientCAFile = '/etc/kubernetes/pki/ca.crt';
const kubeadm = await prepareForKubeadm(cluster, { authentication: { x509: { clientCAFile } } });
const { host } = new URL(endpoint.server);
const [, hash = ''] = /sha256:(\w+)/.exec(kubeadm.args.join(' ')) ?? [];
const nodeName = hostname().toLowerCase();

const hasCgroupV1 = !existsSync('/sys/fs/cgroup/cgroup.controllers');
const refusal = '--ignore-preflight-errors=SystemVerification';

const section = readmeSection('Join a cluster');
const fenced = [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
const blocks = fenced.flatMap(([block, language]) => (language === '' ? [linesOf(block)] : []));
const settings = fenced.find(([, language]) => language === 'yaml')?.[2] ?? '';
const programs = { kubeadm: kubeadm.program, kubectl: kubectl.program };

/** What is typed in a block, with what a reader puts in. */
function linesOf(block: string): string[] {
  return commandLines(block).map(({ line }) =>
    line
      .replace('SERVER:6443', host)
      .replace('TOKEN', bootstrapToken)
      .replace('HASH', hash)
      .replace(/^kubeadm join .*/, (words) => (hasCgroupV1 ? `${words} ${refusal}` : words)),
  );
}

/** The node is in the cluster and runs a pod, whose log is to be had; then it goes. */
async function isNode(machine: JoiningMachine, name: string): Promise<void> {
  const node = await nodeIsReady(cluster, nodeName);
  assert.match(node.status.nodeInfo.kubeletVersion, /\+berth/);
  await machine.loadImage();
  const command = [
    '/bin/sh',
    '-c',
    'echo joined; trap "exit 0" TERM; while true; do sleep 1 & wait $!; done',
  ];
  const spec = { containers: [{ name: 'main', image: testImage, command }] };
  await kubectl.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  await podIsReady(cluster, name);
  assert.equal(await kubectl.run(['logs', name]), 'joined\n');
  await kubectl.run(['delete', 'pod', name, '--wait=true']);
}

/** The words by hand: all but the last, which starts the kubelet, and goes on. */
async function joinByHand(machine: JoiningMachine, lines: readonly string[]): Promise<void> {
  machine.write(clientCAFile, endpoint.ca);
  machine.write('/var/lib/kubelet/config.yaml', settings);
  const words = [...lines.slice(0, -1), `setsid ${lines.at(-1)} > /var/log/kubelet.log 2>&1 < /dev/null &`];
  await machine.run(['systemctl start berthd', ...words, 'echo $! > /run/kubelet-by-hand.pid']);
}

/** No test takes the node of another one for its own. */
afterEach(() => admin.delete(`/api/v1/nodes/${nodeName}`).catch(() => {}));

async function ends(machine: JoiningMachine): Promise<void> {
  await machine.run([
    '[ ! -e /run/kubelet-by-hand.pid ] || kill "$(cat /run/kubelet-by-hand.pid)"',
    'sleep 1',
  ]);
  await admin.delete(`/api/v1/nodes/${nodeName}`);
}

test('by kubeadm join', async () => {
  const [lines = []] = blocks;
  assert.match(section, new RegExp(refusal));
  await using machine = await startJoiningMachine(cluster, 'kubeadm', programs);
  machine.write('/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf', dropInOfKubeadm);
  const said = await machine.run(lines);
  assert.match(said, /This node has joined the cluster/);
  assert.ok(!machine.has('/etc/kubernetes/bootstrap-kubelet.conf'));
  assert.ok(machine.has('/var/lib/kubelet/pki/kubelet-client-current.pem'));
  await isNode(machine, 'by-kubeadm');
  await ends(machine);
});

test('by a bootstrap token', async () => {
  const [, lines = []] = blocks;
  await using machine = await startJoiningMachine(cluster, 'token', programs);
  await joinByHand(machine, lines);
  await isNode(machine, 'by-token');
  assert.ok(machine.has('/etc/kubernetes/kubelet.conf'));
  await ends(machine);
});

test('by a kubeconfig', async () => {
  const [, , lines = []] = blocks;
  assert.equal(blocks.length, 3);
  await using machine = await startJoiningMachine(cluster, 'config', programs);
  machine.write('/etc/kubernetes/kubelet.conf', readFileSync(cluster.nodeKubeconfig(nodeName), 'utf8'));
  await joinByHand(machine, lines);
  await isNode(machine, 'by-kubeconfig');
  await ends(machine);
});
