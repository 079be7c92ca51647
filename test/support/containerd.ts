// A containerd of the test's own: the peer that crictl and kubelet must work with, and the one that the
// benchmarks run beside berthd.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectCri } from '@berth/cri/client.ts';
import { pauseImage, testImageTar } from './images.ts';
import { type Daemon, startDaemon } from './scratch.ts';

export interface Containerd extends Daemon {
  socket: string;
}

/**
 * Starts Debian's containerd with its root, state and socket below `dir`, running its containers with
 * `runtime` (a path to crun or runc), and gives it the test image.
 */
export async function startContainerd(options: {
  dir: string;
  cniConfDir: string;
  runtime?: string;
}): Promise<Containerd> {
  const { dir, cniConfDir, runtime = '/usr/bin/crun' } = options;
  mkdirSync(dir, { recursive: true });
  const socket = join(dir, 'containerd.sock');
  const config = join(dir, 'config.toml');
  writeFileSync(config, configToml({ dir, socket, cniConfDir, runtime }));
  const daemon = await startDaemon({
    name: 'containerd',
    argv: ['/usr/bin/containerd', '--config', config],
    dir,
    ready: async () => {
      const client = connectCri(socket);
      try {
        await client.runtime.version({});
        return true;
      } finally {
        client.close();
      }
    },
  });
  const tar = await testImageTar(dir);
  execFileSync('/usr/bin/ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', tar], { stdio: 'pipe' });
  return { ...daemon, socket };
}

/** Pure: containerd 1.6's configuration for a host where root lacks CAP_SYS_RESOURCE. */
function configToml(options: { dir: string; socket: string; cniConfDir: string; runtime: string }): string {
  const { dir, socket, cniConfDir, runtime } = options;
  return `version = 2
root = "${dir}/root"
state = "${dir}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.btrfs"]
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cniConfDir}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "${runtime}"
`;
}
