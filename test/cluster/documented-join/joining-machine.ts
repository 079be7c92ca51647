// A machine on which Berth is installed, beside a test's control plane, and which is to join as README.md says.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import { type FreshMachine, startFreshMachine } from '@berth/test-support/fresh-machine.ts';
import { loadTestImage } from '@berth/test-support/images.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';

const [bridge, address, gateway] = ['eth0', '192.0.2.3/24', '192.0.2.2'];
const socket = '/run/berth/berth.sock';
/** Where the programs of the machine are, before those of this one. */
const bin = '/run/bin';

const setUp = `set -e
mkdir /run/lib /run/lib-work
mount -t overlay -o lowerdir=/usr/lib,upperdir=/run/lib,workdir=/run/lib-work overlay /usr/lib
ln -s ${checkout} /usr/lib/berth
mkdir -p /usr/lib/systemd/system
cp ${checkout}/packaging/systemd/*.service /usr/lib/systemd/system
for name in berth berthd crictl kubelet; do ln -s /usr/lib/berth/bin/$name ${bin}/$name; done
ln -s ${checkout}/test/cluster/documented-join/systemctl ${bin}/systemctl`;

export interface JoiningMachine extends AsyncDisposable {
  /** Runs lines of a shell, all of which have to succeed; resolves with what they print. */
  run(lines: readonly string[]): Promise<string>;
  /** Writes a file. */
  write(path: string, text: string): void;
  has(path: string): boolean;
  /** Waits for berthd and gives it the image of tests. */
  loadImage(): Promise<void>;
}

/** Starts it; `programs` are on its PATH, too. The logs of its daemons go to those of the cluster. */
export async function startJoiningMachine(
  cluster: Cluster,
  name: string,
  programs: Readonly<Record<string, string>>,
): Promise<JoiningMachine> {
  await using resources = new AsyncDisposableStack();
  const machine: FreshMachine = resources.use(await startFreshMachine({ bridge, address, gateway }));
  const at = (path: string) => join(machine.root, path);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  mkdirSync(at(bin));
  for (const [program, path] of Object.entries(programs)) symlinkSync(path, at(join(bin, program)));
  const run = async (lines: readonly string[]) => {
    const script = [`export PATH=${bin}:$PATH OTEL_TRACES_EXPORTER=none`, 'cd /run', ...lines].join('\n');
    const { code, out, err } = await machine.run('bash', '-ec', script);
    assert.equal(code, 0, `${lines.join('\n')}\n${out}${err}`);
    return out;
  };
  await run([setUp]);
  // Its init is not systemd.
  write('/etc/default/berth', 'BERTHD_OPTIONS="--cgroup-driver cgroupfs"\n');
  resources.defer(async () => {
    await run([
      'systemctl stop kubelet || true',
      `[ ! -S ${socket} ] || crictl -r unix://${socket} rmp -a -f`,
      'systemctl stop berthd',
      'berth down --timeout 10',
    ]);
    for (const daemon of ['berthd', 'kubelet'])
      if (existsSync(at(`/var/log/${daemon}.log`)))
        copyFileSync(at(`/var/log/${daemon}.log`), join(cluster.dir, `${name}-${daemon}.log`));
  });
  for (const daemon of ['berthd', 'kubelet'])
    cluster.logFiles.set(`${name}-${daemon}`, join(cluster.dir, `${name}-${daemon}.log`));
  const owned = resources.move();
  return {
    run,
    write,
    // Links lead elsewhere from outside.
    has: (path) => lstatSync(at(path), { throwIfNoEntry: false }) !== undefined,
    loadImage: async () => {
      await until('berthd serves', () => existsSync(at(socket)));
      await loadTestImage(at(socket));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The drop-in that the kubeadm package of Kubernetes installs, as far as it matters: it starts another kubelet. */
export const dropInOfKubeadm = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/false $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

/** A section of README.md. */
export function readmeSection(title: string): string {
  const text = readFileSync(join(checkout, 'README.md'), 'utf8');
  const [, section] = text.split(new RegExp(`^## ${title}$`, 'm'));
  assert.ok(section, `README.md has a section ${title}`);
  return section.replace(/^## [\s\S]*/m, '');
}
