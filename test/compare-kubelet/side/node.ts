// One side: a runtime and a kubelet on a machine of their own, where every path is the one that it has by default.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CriClient, connectCri } from '@berth/cri/client/client.ts';
import { detachBelow, mount } from '@berth/linux/mounts/mount.ts';
import { layOutBerthd, startBerthd } from '@berth/test-support/berthd.ts';
import { removeTestCgroup } from '@berth/test-support/cgroup-driver.ts';
import { startContainerd } from '@berth/test-support/containerd.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { PodNetwork } from '@berth/test-support/pod-network.ts';
import { startRealKubelet } from '@berth/test-support/real-kubelet.ts';
import { checkout, type Daemon, startDaemon } from '@berth/test-support/scratch.ts';
import { certificateFiles, makeCertificates } from './certificates.ts';

/** The three columns: the real kubelet on containerd, ours on berthd, ours on containerd. */
export type SideName = 'real' | 'ours' | 'ours-on-containerd';

export interface SideNode extends AsyncDisposable {
  side: SideName;
  dir: string;
  manifests: string;
  client: CriClient;
  rootDir: string;
  logsDir: string;
  linksDir: string;
  /** What the kubelet has printed. */
  log(): string;
  /** Kills the kubelet and starts it again. */
  restartKubelet(): Promise<void>;
}

/** All of it is below /run, which a machine of its own has to itself. */
const dir = '/run/node';
const nodeName = 'node1';
/** Where containerd listens by default. */
const containerdSocket = '/run/containerd/containerd.sock';
const rootDir = '/var/lib/kubelet';
const logsDir = '/var/log/pods';

/** What kubelets and runtimes write to outside of `dir`: on the machine these are empty file systems. */
const ownFolders = ['/var/lib', '/var/log', '/usr/libexec'];

/** The same for both kubelets, so that /configz is comparable too. */
function configuration(): Record<string, unknown> {
  return {
    address: '127.0.0.1',
    port: 10_250,
    readOnlyPort: 10_255,
    healthzPort: 10_248,
    volumePluginDir: '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: certificateFiles(dir).ca },
    },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/node',
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    maxPods: 250,
    allowedUnsafeSysctls: ['kernel.msg*'],
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    resolvConf: join(dir, 'resolv.conf'),
  };
}

/** Starts a side. The program that calls it runs on a machine of its own (own-machine.ts). */
export async function startSide(side: SideName): Promise<SideNode> {
  await using resources = new AsyncDisposableStack();
  mkdirSync(dir, { mode: 0o711 });
  resources.defer(() => rmSync(dir, { recursive: true, force: true }));
  for (const target of ownFolders) {
    mount({ source: 'tmpfs', target, fstype: 'tmpfs', data: 'mode=755' });
    resources.defer(() => detachBelow(target));
  }
  const manifests = join(dir, 'manifests');
  mkdirSync(manifests);
  writeFileSync(
    join(dir, 'resolv.conf'),
    '# of the node\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch a.example b.example\noptions ndots:2 timeout:1\n',
  );
  makeCertificates(dir);
  const network = resources.use(await PodNetwork.take('node'));
  const socket = await (side === 'ours' ? startOwnRuntime : startPeerRuntime)(network, resources);
  const client = connectCri(socket, { timeoutMs: 120_000 });
  resources.defer(() => client.close());
  const kubelet = await (side === 'real' ? startReal : startOurs)(manifests, socket);
  resources.defer(async () => {
    await kubelet.stop();
    await removeAllPods(client);
    await kubelet[Symbol.asyncDispose]();
    await removeTestCgroup('/node');
  });
  const owned = resources.move();
  return {
    side,
    dir,
    manifests,
    client,
    rootDir,
    logsDir,
    linksDir: '/var/log/containers',
    log: () => kubelet.output(),
    restartKubelet: () => kubelet.restart(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startOwnRuntime(network: PodNetwork, resources: AsyncDisposableStack): Promise<string> {
  const place = join(dir, 'berthd');
  mkdirSync(place, { mode: 0o711 });
  const paths = layOutBerthd(place, { runtime: 'runc' });
  network.writeConflist({ confDir: paths.cniConfDir, dataDir: join(dir, 'leases') });
  resources.defer(() => removeTestCgroup(paths.cgroupParent));
  resources.use(await startBerthd(paths, place));
  await loadTestImage(paths.socket);
  return paths.socket;
}

async function startPeerRuntime(network: PodNetwork, resources: AsyncDisposableStack): Promise<string> {
  const cniConfDir = join(dir, 'net.d');
  mkdirSync(cniConfDir);
  network.writeConflist({ confDir: cniConfDir, dataDir: join(dir, 'leases') });
  const { socket } = resources.use(
    await startContainerd({
      dir: join(dir, 'containerd'),
      cniConfDir,
      runtime: '/usr/sbin/runc',
      version: '2.4',
    }),
  );
  // The real kubelet asks containerd for what it knows of containers' cgroups here alone.
  mkdirSync(dirname(containerdSocket), { recursive: true });
  symlinkSync(socket, containerdSocket);
  resources.defer(() => rmSync(containerdSocket));
  return socket;
}

/** What both kubelets are to a side. */
type RestartableKubelet = Pick<Daemon, 'output' | 'stop'> & AsyncDisposable & { restart(): Promise<void> };

async function startReal(manifests: string, endpoint: string): Promise<RestartableKubelet> {
  return await startRealKubelet({
    dir,
    rootDir,
    endpoint,
    manifests,
    nodeName,
    configuration: {
      ...configuration(),
      podLogsDir: logsDir,
      featureGates: { ContainerStopSignals: true, EmptyDirVolumeMode: true, VolumeBindMountOptions: true },
    },
  });
}

async function startOurs(manifests: string, endpoint: string): Promise<RestartableKubelet> {
  const config = join(dir, 'kubelet.json');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      staticPodPath: manifests,
      containerRuntimeEndpoint: `unix://${endpoint}`,
      ...configuration(),
    }),
  );
  const start = () =>
    startDaemon({
      name: 'kubelet',
      argv: [join(checkout, 'bin/kubelet'), `--config=${config}`, `--hostname-override=${nodeName}`],
      dir,
      ready: async () => (await fetch('http://127.0.0.1:10255/healthz')).ok,
    });
  let daemon = await start();
  return {
    output: () => daemon.output(),
    stop: (signal) => daemon.stop(signal),
    restart: async () => {
      await daemon.stop('SIGKILL');
      daemon = await start();
    },
    [Symbol.asyncDispose]: () => daemon.stop(),
  };
}

async function removeAllPods({ runtime }: CriClient): Promise<void> {
  for (const { id } of (await runtime.listPodSandbox({})).items) {
    await runtime.stopPodSandbox({ podSandboxId: id });
    await runtime.removePodSandbox({ podSandboxId: id });
  }
}
