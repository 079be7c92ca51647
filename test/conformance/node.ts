// A berthd for one run of critest: every path, the network and the cgroups its own, and nothing left at the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client.ts';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { layOutBerthd, startBerthd } from '../support/berthd.ts';
import { removeBridge, writeConflist } from '../support/conflist.ts';
import { moveHugetlbToV1 } from '../support/hugetlb.ts';
import { traces } from '../support/node-traces.ts';
import { type Daemon, scratchDir } from '../support/scratch.ts';
import { mirrorPublicRegistries } from './images/serve.ts';

export interface ConformanceNode extends AsyncDisposable {
  socket: string;
  berthd: Daemon;
  client: CriClient;
  /** What critest, which removes all that it makes, has left on the machine; a line each. */
  leftovers(): Promise<string[]>;
}

const bridge = 'brcritest';

/** Starts berthd with `runtime` for all pods and the registry at `registry` as the mirror of all public ones. */
export async function startNode(options: {
  runtime: 'crun' | 'runc';
  registry: string;
  cgroupDriver: 'cgroupfs' | 'systemd';
}): Promise<ConformanceNode> {
  const { runtime, registry, cgroupDriver } = options;
  moveHugetlbToV1();
  await using resources = new AsyncDisposableStack();
  const { path: dir } = resources.use(scratchDir('critest'));
  // Not on tmpfs: ID-mapped mounts of it came only with Linux 6.3.
  const root = mkdtempSync('/var/tmp/berth-critest-');
  resources.defer(() => rmSync(root, { recursive: true, force: true }));
  const paths = layOutBerthd(dir, { runtime, root, extra: `cgroupDriver: ${cgroupDriver}\n` });
  mirrorPublicRegistries(join(dir, 'certs.d'), registry);
  resources.defer(() => removeBridge(bridge));
  const dataDir = join(dir, 'leases');
  const subnet = '10.238.0.0/16';
  writeConflist({ confDir: paths.cniConfDir, name: 'critest', bridge, subnet, dataDir });
  if (cgroupDriver === 'cgroupfs') resources.defer(() => detectCgroups().remove(paths.cgroupParent));
  const berthd = resources.use(await startBerthd(paths, dir));
  const client = connectCri(paths.socket, { timeoutMs: 60_000 });
  resources.defer(() => client.close());
  resources.defer(async () => {
    const { items } = await client.runtime.listPodSandbox({});
    for (const { id } of items) await client.runtime.removePodSandbox({ podSandboxId: id });
  });
  const atStart = traces(dir, bridge);
  const owned = resources.move();
  return {
    socket: paths.socket,
    berthd,
    client,
    leftovers: async () => {
      const { items } = await client.runtime.listPodSandbox({});
      const { containers } = await client.runtime.listContainers({});
      const isOurs = (line: string) =>
        !atStart.has(line) && !/^(cgroup \S*\/berth-test-critest-\w+$|file )/.test(line);
      return [
        ...items.map(({ id, metadata }) => `pod ${id} ${metadata?.name}`),
        ...containers.map(({ id, metadata }) => `container ${id} ${metadata?.name}`),
        ...[...traces(dir, bridge)].filter(isOurs),
      ];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
