// A containerd of the test's own: the peer that crictl and kubelet must work with, and the one that the
// benchmarks run beside berthd.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectCri } from '@berth/cri/client/client.ts';
import { pauseImage, testImageTar } from './images.ts';
import { buildPeer } from './peers.ts';
import { type Daemon, startDaemon } from './scratch.ts';

export interface Containerd extends Daemon {
  socket: string;
  /** Gives it the test image, as at its start. */
  importTestImage(): Promise<void>;
}

/** Debian's containerd, or the newest one, built from its Go module; that takes no crun as old as Debian's. */
export type ContainerdVersion = '1.6' | '2.4';

/**
 * Starts a containerd, Debian's unless said otherwise, with its root, state and socket below `dir`, running its
 * containers with `runtime` (a path to crun or runc), and gives it the test image.
 */
export async function startContainerd(options: {
  dir: string;
  cniConfDir: string;
  runtime?: string;
  version?: ContainerdVersion;
  /** Of version 2.4 only: where its registries' hosts.toml, its CDI specifications and its CNI plugins are. */
  places?: { certsDir: string; cdiDir: string; cniBinDirs: readonly string[] };
  /** Of version 2.4 only: the runtime handlers, all of which run `runtime`. */
  handlers?: readonly string[];
}): Promise<Containerd> {
  const {
    dir,
    cniConfDir,
    runtime = '/usr/bin/crun',
    version = '1.6',
    places,
    handlers = ['runc'],
  } = options;
  mkdirSync(dir, { recursive: true });
  const socket = join(dir, 'containerd.sock');
  const config = join(dir, 'config.toml');
  const toml = version === '1.6' ? configToml : configTomlV3;
  writeFileSync(config, toml({ dir, socket, cniConfDir, runtime, places, handlers }));
  const { containerd, ctr, path } = await programs(version);
  const daemon = await startDaemon({
    name: 'containerd',
    argv: [containerd, '--config', config],
    dir,
    env: { PATH: path },
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
  const importTestImage = async () => {
    const tar = await testImageTar(dir);
    execFileSync(ctr, ['-a', socket, '-n', 'k8s.io', 'images', 'import', tar], { stdio: 'pipe' });
  };
  await importTestImage();
  return { ...daemon, socket, importTestImage };
}

interface ConfigOptions {
  dir: string;
  socket: string;
  cniConfDir: string;
  runtime: string;
  places: { certsDir: string; cdiDir: string; cniBinDirs: readonly string[] } | undefined;
  handlers: readonly string[];
}

/** The programs of a version; `path` is where containerd finds its shim. */
async function programs(version: ContainerdVersion) {
  const { PATH = '' } = process.env;
  if (version === '1.6') return { containerd: '/usr/bin/containerd', ctr: '/usr/bin/ctr', path: PATH };
  const shim = await buildPeer('containerd-shim-runc-v2');
  return {
    containerd: await buildPeer('containerd'),
    ctr: await buildPeer('ctr'),
    path: `${dirname(shim)}:${PATH}`,
  };
}

/** Pure: containerd 1.6's configuration for a host where root lacks CAP_SYS_RESOURCE. */
function configToml(options: ConfigOptions): string {
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

/** Pure: the same for containerd 2. */
function configTomlV3(options: ConfigOptions): string {
  const { dir, socket, cniConfDir, runtime, places, handlers } = options;
  const { cniBinDirs = ['/usr/lib/cni'] } = places ?? {};
  const runtimes = handlers.map(
    (handler) => `  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.${handler}]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.${handler}.options]
      BinaryName = "${runtime}"
`,
  );
  return `version = 3
root = "${dir}/root"
state = "${dir}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.blockfile", "io.containerd.nri.v1.nri"]
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
${places ? `[plugins."io.containerd.cri.v1.images".registry]\n  config_path = "${places.certsDir}"` : ''}
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
${places ? `  cdi_spec_dirs = ["${places.cdiDir}"]` : ''}
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ${JSON.stringify(cniBinDirs)}
    conf_dir = "${cniConfDir}"
${runtimes.join('')}`;
}
