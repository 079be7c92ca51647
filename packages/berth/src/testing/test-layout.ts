// A node of a test's own, for the commands of berth: every path, the pod network and the cgroups.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteLink, listLinks } from '@berth/linux/netlink/links.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { down } from '../commands/down.ts';
import type { NodeLayout } from '../node/layout.ts';

export interface TestLayout extends AsyncDisposable {
  readonly dir: string;
  readonly layout: NodeLayout;
}

/** Lays out a node; `name` has at most 8 letters. Disposing it ends the node and removes all of it. */
export async function testLayout(name: string, subnet: string): Promise<TestLayout> {
  moveHugetlbToV1();
  process.env['BERTH_FROM_SOURCE'] = '1';
  const dir = await mkdtemp(`/tmp/berth-${name}-`);
  const confDir = join(dir, 'net.d');
  const bridge = `brt-${name}`;
  const cgroups = [`/berthtest-${name}`, `/berthtest-${name}-kubelet`];
  await mkdir(confDir);
  const ipam = { type: 'host-local', dataDir: join(dir, 'leases'), ranges: [[{ subnet }]] };
  await writeFile(
    join(confDir, '10-test.conflist'),
    JSON.stringify({
      cniVersion: '1.0.0',
      name: `berthtest-${name}`,
      plugins: [{ type: 'bridge', bridge, isGateway: true, ipam }],
    }),
  );
  await writeFile(
    join(dir, 'config.yaml'),
    `listen: ${dir}/berth.sock
root: ${dir}/root
state: ${dir}/state
cgroupParent: ${cgroups[0]}
cni: { confDir: ${confDir}, cacheDir: ${dir}/cni }
`,
  );
  const layout: NodeLayout = {
    binDir: join(checkout, 'bin'),
    runDir: join(dir, 'run'),
    runDirMode: 0o700,
    logDir: join(dir, 'log'),
    socket: join(dir, 'berth.sock'),
    manifestDir: join(dir, 'manifests'),
    usesUnits: false,
    manifestRecord: join(dir, 'root/manifests.json'),
    kubeletSocket: join(dir, 'kubelet/kubelet.sock'),
    berthdArgs: ['--config', join(dir, 'config.yaml')],
    kubeletArgs: ['--healthz-port=0', '--port=0', `--root-dir=${dir}/kubelet`, `--cgroup-root=${cgroups[1]}`],
    stateDir: join(dir, 'state'),
    imageDir: join(dir, 'root'),
    cgroups,
    cniConfDir: confDir,
    cniPluginDirs: [],
    cgroupDriver: 'cgroupfs',
    ociRuntimes: [],
  };
  return {
    dir,
    layout,
    [Symbol.asyncDispose]: async () => {
      await down(layout, { timeout: 120 }, { write: () => {} });
      if (listLinks().some((link) => link.name === bridge)) deleteLink(bridge);
      await rm(dir, { recursive: true });
    },
  };
}
