// The container runtime of a run, with the suite's registry as the mirror of all public ones.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectCri } from '@berth/cri/client/client.ts';
import { findProgram } from '@berth/runtime/host/programs.ts';
import { startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { mirrorPublicRegistries } from '../conformance/images/serve.ts';
import type { SuiteWork } from './work.ts';

export interface SuiteRuntime {
  socket: string;
  logFile: string;
}

/** Where containerd listens by default: the real kubelet asks for the cgroups of containers here alone. */
const defaultContainerd = '/run/containerd/containerd.sock';

/** The handler of a RuntimeClass that a spec makes. */
const specHandler = 'test-handler';

const handlers = `runtimes:
  crun: {}
  runc: {}
  ${specHandler}: { path: ${findProgram('crun', 'an OCI runtime')} }
`;

/** Starts the runtime; when `resources` are disposed of, its pods end, then the runtime. */
export async function startRuntime(
  work: SuiteWork,
  registry: string,
  resources: AsyncDisposableStack,
): Promise<SuiteRuntime> {
  // The first process of a pod with a user namespace has to reach its files below.
  chmodSync(work.dir, 0o711);
  return await (work.cri === 'berthd' ? startOurs : startPeer)(work, registry, resources);
}

async function startOurs({ dir, runtime }: SuiteWork, registry: string, resources: AsyncDisposableStack) {
  const root = join(dir, 'berthd');
  mkdirSync(root, { mode: 0o711 });
  const node = resources.use(
    await startBerthdNode({
      name: 'suite',
      runtime,
      root,
      extra: handlers,
      prepare: (place) => mirrorPublicRegistries(join(place, 'certs.d'), registry),
    }),
  );
  return { socket: node.socket, logFile: join(node.dir, 'berthd.log') };
}

async function startPeer({ dir }: SuiteWork, registry: string, resources: AsyncDisposableStack) {
  const place = join(dir, 'containerd');
  const [certsDir, cdiDir, cniConfDir] = ['certs.d', 'cdi', 'net.d'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [certsDir, cdiDir, cniConfDir]) mkdirSync(folder, { recursive: true });
  mirrorPublicRegistries(certsDir, registry);
  const network = resources.use(await PodNetwork.take('suite'));
  network.writeConflist({ confDir: cniConfDir, dataDir: join(place, 'leases') });
  const { socket } = resources.use(
    await startContainerd({
      dir: place,
      cniConfDir,
      runtime: '/usr/sbin/runc',
      version: '2.4',
      places: { certsDir, cdiDir, cniBinDirs: ['/usr/lib/cni'] },
      handlers: ['runc', specHandler],
    }),
  );
  mkdirSync(dirname(defaultContainerd), { recursive: true });
  symlinkSync(socket, defaultContainerd);
  resources.defer(() => rmSync(defaultContainerd));
  resources.defer(() => removePods(socket));
  return { socket, logFile: join(place, 'containerd.log') };
}

async function removePods(socket: string): Promise<void> {
  const client = connectCri(socket, { timeoutMs: 120_000 });
  try {
    for (const { id } of (await client.runtime.listPodSandbox({})).items) {
      await client.runtime.stopPodSandbox({ podSandboxId: id });
      await client.runtime.removePodSandbox({ podSandboxId: id });
    }
  } finally {
    client.close();
  }
}
