// The real kubelet, standalone: static pods from a folder, no API server.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detectCgroups } from '@berth/linux/cgroups/detect.ts';
import { startCgroupDriver } from '@berth/linux/cgroups/start-driver.ts';
import { mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { removeTestCgroup, testCgroup } from '@berth/test-support/cgroup-driver.ts';
import type { Kubelet } from '@berth/test-support/kubelet.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import { freePort } from '@berth/test-support/registry.ts';
import { startDaemon } from '@berth/test-support/scratch.ts';

/** It sets these for the whole machine; the test sets them back. */
const tunables = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
].map((name) => join('/proc/sys', name));

/** It has its device plugins here whatever its root is. */
const devicePlugins = '/var/lib/kubelet/device-plugins';

/** Starts it with a root, log and cgroup folder of its own below `dir`, and waits until /healthz says ok. */
export async function startRealKubelet(options: {
  dir: string;
  endpoint: string;
  manifests: string;
  nodeName: string;
  maxPods: number;
}): Promise<Kubelet> {
  const { dir, endpoint, manifests, nodeName, maxPods } = options;
  const program = await buildPeer('kubelet');
  await using resources = new AsyncDisposableStack();
  restoreTunables(resources);
  if (!existsSync(devicePlugins))
    resources.defer(() => rmSync(devicePlugins, { recursive: true, force: true }));
  const cgroupRoot = testCgroup(`${dir.slice(dir.lastIndexOf('/') + 1)}-kubelet`, 'cgroupfs');
  resources.defer(() => removeTestCgroup(cgroupRoot));
  await (await startCgroupDriver('cgroupfs', detectCgroups())).create(cgroupRoot);
  // Where there is version 1 it wants the folder in systemd's hierarchy too, which controls nothing.
  const named = join('/sys/fs/cgroup/systemd', cgroupRoot);
  if (existsSync('/sys/fs/cgroup/systemd')) mkdirSync(named, { recursive: true });
  const [port, readOnlyPort] = [await freePort(), await freePort()];
  const config = join(dir, 'kubelet.json');
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      address: '127.0.0.1',
      port,
      readOnlyPort,
      healthzPort: 0,
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      staticPodPath: manifests,
      podLogsDir: join(dir, 'log/pods'),
      volumePluginDir: join(dir, 'volume-plugins'),
      containerRuntimeEndpoint: `unix://${endpoint}`,
      cgroupDriver: 'cgroupfs',
      cgroupRoot,
      failCgroupV1: false,
      failSwapOn: false,
      makeIPTablesUtilChains: false,
      oomScoreAdj: 0,
      maxPods,
      evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%' },
    }),
  );
  const rootDir = join(dir, 'kubelet');
  mkdirSync(rootDir);
  resources.defer(() => {
    for (const { mountPoint } of mountsBelow(rootDir)) unmount(mountPoint, { detach: true });
  });
  const daemon = resources.use(
    await startDaemon({
      name: 'kubelet',
      argv: [
        program,
        `--config=${config}`,
        `--root-dir=${rootDir}`,
        `--cert-dir=${join(dir, 'pki')}`,
        `--hostname-override=${nodeName}`,
      ],
      dir,
      env: { PATH: programsWithoutIptables(dir) },
      ready: async () => (await fetch(`http://127.0.0.1:${readOnlyPort}/healthz`)).ok,
    }),
  );
  const owned = resources.move();
  return { ...daemon, port: readOnlyPort, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function restoreTunables(resources: AsyncDisposableStack): void {
  for (const path of tunables.filter(existsSync)) {
    const value = readFileSync(path, 'utf8');
    resources.defer(() => {
      if (readFileSync(path, 'utf8') !== value) writeFileSync(path, value);
    });
  }
}

/** A folder of the programs that it needs for pods; with iptables it would leave chains on the machine. */
function programsWithoutIptables(dir: string): string {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const program of ['mount', 'umount']) symlinkSync(`/usr/bin/${program}`, join(bin, program));
  return bin;
}
