// The real kubelet: with static pods from a folder alone, or in a cluster by its flags.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';
import { bindMount, detachBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { removeTestCgroup, testCgroup } from './cgroup-driver.ts';
import type { Kubelet } from './kubelet.ts';
import { buildPeer } from './peers.ts';
import { freePort } from './registry.ts';
import { startDaemon } from './scratch.ts';
import { restoreTunables } from './tunables.ts';

/** It has its device plugins here whatever its root is: each gets a folder of its own there. */
const devicePlugins = '/var/lib/kubelet/device-plugins';

/** Settings of KubeletConfiguration that the real kubelet needs below a folder of a test. */
function testConfiguration(dir: string, cgroupRoot: string): Record<string, unknown> {
  return {
    address: '127.0.0.1',
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    podLogsDir: join(dir, 'log/pods'),
    volumePluginDir: join(dir, 'volume-plugins'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
  };
}

export interface RealKubelet extends Kubelet {
  /** Kills it and starts it again on the same folders; returns when it is ready, or after `waitMs`. */
  restart(waitMs?: number): Promise<void>;
}

/**
 * Starts it with a root, log and cgroup folder of its own below `dir`, and waits until /healthz says ok.
 *
 * @param options.manifests the folder of static pods, if there is one
 * @param options.rootDir `kubelet` in `dir` unless given
 * @param options.configuration fields of KubeletConfiguration beside or instead of those that a test needs
 * @param options.flags e.g. `--kubeconfig=…`
 */
export async function startRealKubelet(options: {
  dir: string;
  endpoint: string;
  manifests?: string;
  nodeName: string;
  rootDir?: string;
  configuration?: Record<string, unknown>;
  flags?: readonly string[];
}): Promise<RealKubelet> {
  const { dir, endpoint, manifests, nodeName, flags = [] } = options;
  const { rootDir = join(dir, 'kubelet'), configuration = {} } = options;
  const program = await buildPeer('kubelet');
  await using resources = new AsyncDisposableStack();
  restoreTunables(resources);
  const isNew = !existsSync(devicePlugins);
  const ownPlugins = join(dir, 'device-plugins');
  for (const each of [devicePlugins, ownPlugins]) mkdirSync(each, { recursive: true });
  if (isNew) resources.defer(() => rmSync(devicePlugins, { recursive: true, force: true }));
  bindMount(ownPlugins, devicePlugins);
  // With a root that is the usual one it goes with all that is mounted there.
  resources.defer(() => unmount(devicePlugins, { detach: true, ifMounted: true }));
  const cgroupRoot = testCgroup(`${dir.slice(dir.lastIndexOf('/') + 1)}-kubelet`, 'cgroupfs');
  const settings: Record<string, unknown> = {
    port: await freePort(),
    readOnlyPort: await freePort(),
    ...testConfiguration(dir, cgroupRoot),
    ...configuration,
  };
  await makeCgroupRoot(String(settings['cgroupRoot']), resources);
  const config = join(dir, 'kubelet.json');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      ...(manifests === undefined ? {} : { staticPodPath: manifests }),
      containerRuntimeEndpoint: `unix://${endpoint}`,
      ...settings,
    }),
  );
  mkdirSync(rootDir, { recursive: true });
  // The kubelet mounts its root on itself, to share what is mounted there with containers.
  resources.defer(() => detachBelow(rootDir));
  const readOnlyPort = Number(settings['readOnlyPort']);
  const start = (waitMs?: number) =>
    startDaemon({
      name: 'kubelet',
      argv: [
        program,
        `--config=${config}`,
        `--root-dir=${rootDir}`,
        `--cert-dir=${join(rootDir, 'pki')}`,
        `--hostname-override=${nodeName}`,
        ...flags,
      ],
      dir,
      env: { PATH: programsWithoutIptables(dir) },
      ready:
        waitMs === undefined
          ? async () => (await fetch(`http://127.0.0.1:${readOnlyPort}/healthz`)).ok
          : () => delay(waitMs, true),
    });
  let daemon = await start();
  resources.defer(() => daemon.stop());
  const owned = resources.move();
  return {
    port: readOnlyPort,
    get pid() {
      return daemon.pid;
    },
    get child() {
      return daemon.child;
    },
    output: () => daemon.output(),
    stop: (signal) => daemon.stop(signal),
    restart: async (waitMs) => {
      await daemon.stop('SIGKILL');
      daemon = await start(waitMs);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The kubelet does not make its root cgroup itself. */
async function makeCgroupRoot(path: string, resources: AsyncDisposableStack): Promise<void> {
  resources.defer(() => removeTestCgroup(path));
  await (await startCgroupDriver('cgroupfs', detectCgroups())).create(path);
  // Where there is version 1 it wants the folder in systemd's hierarchy too, which controls nothing.
  const systemd = '/sys/fs/cgroup/systemd';
  if (existsSync(systemd)) mkdirSync(join(systemd, path), { recursive: true });
}

/** What volumes need, also those that are formatted. */
const programs = [
  '/usr/bin/mount',
  '/usr/bin/umount',
  ...['losetup', 'blkid', 'fsck', 'mkfs.ext4'].map((name) => `/usr/sbin/${name}`),
];

/** A folder of the programs that it needs for pods; with iptables it would leave chains on the machine. */
function programsWithoutIptables(dir: string): string {
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const program of programs) {
    const link = join(bin, basename(program));
    if (!existsSync(link)) symlinkSync(program, link);
  }
  return bin;
}
