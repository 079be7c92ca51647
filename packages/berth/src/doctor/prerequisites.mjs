// What Berth needs from the distribution, and whether this machine has it. Runs on Node 20, before any
// dependency is installed; `berth doctor` uses it too.
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const prerequisites = [
  {
    name: 'crun',
    package: 'crun',
    why: 'the OCI runtime that starts containers',
    command: 'crun',
    source: 'https://github.com/containers/crun',
  },
  {
    name: 'runc',
    package: 'runc',
    why: 'the OCI runtime for machines whose cgroups crun refuses',
    command: 'runc',
    source: 'https://github.com/opencontainers/runc',
  },
  {
    name: 'conmon',
    package: 'conmon',
    why: "keeps a container's log and exit code, also while berthd restarts",
    command: 'conmon',
    source: 'https://github.com/containers/conmon',
  },
  {
    name: 'CNI plugins',
    package: 'containernetworking-plugins',
    why: 'connect pods to the network',
    files: ['/opt/cni/bin/bridge', '/usr/lib/cni/bridge'],
    source: 'https://github.com/containernetworking/plugins',
  },
  {
    name: 'iptables',
    package: 'iptables',
    why: 'ports of the host that lead into pods (the CNI plugin portmap calls it)',
    command: 'iptables',
    source: 'https://netfilter.org/projects/iptables',
  },
  {
    name: 'catatonit',
    package: 'catatonit',
    why: 'the init of pods that share a PID namespace',
    command: 'catatonit',
    source: 'https://github.com/openSUSE/catatonit',
  },
  {
    name: 'busybox',
    package: 'busybox-static',
    why: 'the content of the demo image; it has to be the static one',
    files: ['/bin/busybox'],
    static: true,
    demo: true,
    source: 'https://busybox.net',
  },
  {
    name: 'libatomic',
    package: 'libatomic1',
    why: "a library that the Node.js binary of npm's package needs",
    files: [
      '/usr/lib/x86_64-linux-gnu/libatomic.so.1',
      '/usr/lib/aarch64-linux-gnu/libatomic.so.1',
      '/usr/lib64/libatomic.so.1',
      '/usr/lib/libatomic.so.1',
    ],
    source: 'https://gcc.gnu.org',
  },
  {
    name: 'AppArmor',
    package: 'apparmor',
    why: 'compiles the default AppArmor profile in the tests; where AppArmor is on it is there anyway',
    command: 'apparmor_parser',
    test: true,
    source: 'https://gitlab.com/apparmor/apparmor',
  },
  {
    name: 'docker-registry',
    package: 'docker-registry',
    why: 'serves images to the tests, on loopback',
    command: 'docker-registry',
    test: true,
    services: ['docker-registry'],
    source: 'https://github.com/distribution/distribution',
  },
  {
    name: 'tmux',
    package: 'tmux',
    why: 'the terminal in which the tests run what fills one',
    command: 'tmux',
    test: true,
    source: 'https://github.com/tmux/tmux',
  },
  {
    name: 'containerd',
    package: 'containerd',
    why: 'the peer that tests and benchmarks compare with',
    command: 'containerd',
    test: true,
    services: ['containerd'],
    source: 'https://github.com/containerd/containerd',
  },
  {
    name: 'nginx',
    package: 'nginx-light',
    why: 'a real program for test images',
    command: 'nginx',
    test: true,
    services: ['nginx'],
    source: 'https://nginx.org',
  },
  {
    name: 'gcc',
    package: 'build-essential',
    why: 'compiles the programs in test images (busybox from its source)',
    command: 'gcc',
    test: true,
    outsideVm: true,
    source: 'https://gcc.gnu.org',
  },
  {
    name: 'dpkg-source',
    package: 'dpkg-dev',
    why: "unpacks busybox's source for test images",
    command: 'dpkg-source',
    test: true,
    outsideVm: true,
    source: 'https://wiki.debian.org/dpkg',
  },
  {
    name: 'openssl',
    package: 'openssl',
    why: 'makes the certificates of test registries',
    command: 'openssl',
    test: true,
    source: 'https://openssl.org',
  },
  {
    name: 'curl',
    package: 'curl',
    why: "a program in the images of Kubernetes' node suite",
    command: 'curl',
    test: true,
    outsideVm: true,
    source: 'https://curl.se',
  },
  {
    name: 'dig',
    package: 'bind9-dnsutils',
    why: "a program in the images of Kubernetes' node suite",
    command: 'dig',
    test: true,
    outsideVm: true,
    source: 'https://www.isc.org/bind',
  },
  {
    name: 'nft',
    package: 'nftables',
    why: "reads back the packet filter's rules in tests",
    command: 'nft',
    test: true,
    source: 'https://netfilter.org/projects/nftables',
  },
  {
    name: 'criu',
    package: 'criu',
    why: 'checkpoints containers and restores them, in tests',
    command: 'criu',
    test: true,
    source: 'https://criu.org',
  },
  {
    name: 'zsh',
    package: 'zsh',
    why: 'completes command lines of crictl, in tests',
    command: 'zsh',
    test: true,
    outsideVm: true,
    source: 'https://www.zsh.org',
  },
  {
    name: 'fish',
    package: 'fish',
    why: 'completes command lines of crictl, in tests',
    command: 'fish',
    test: true,
    outsideVm: true,
    source: 'https://fishshell.com',
  },
  // `outsideVm`: what builds and starts the virtual machine of test/vm is not needed inside of it.
  {
    name: 'QEMU',
    package: 'qemu-system-x86',
    why: 'the virtual machine with cgroup v2 and systemd that tests run in',
    command: 'qemu-system-x86_64',
    test: true,
    outsideVm: true,
    source: 'https://www.qemu.org',
  },
  {
    name: 'debootstrap',
    package: 'debootstrap',
    why: "makes that machine's system",
    command: 'debootstrap',
    test: true,
    outsideVm: true,
    source: 'https://wiki.debian.org/Debootstrap',
  },
  {
    name: 'mkfs.ext4',
    package: 'e2fsprogs',
    why: "makes that machine's disks",
    command: 'mkfs.ext4',
    test: true,
    outsideVm: true,
    source: 'https://e2fsprogs.sourceforge.net',
  },
];

const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The path of a prerequisite on this machine, or undefined when it is missing. */
export function findPrerequisite({ command, files = [], static: mustBeStatic = false }) {
  const dirs = new Set([...(process.env.PATH ?? '').split(':').filter(Boolean), ...SYSTEM_DIRS]);
  const candidates = command === undefined ? files : [...dirs].map((dir) => join(dir, command));
  return candidates.find(
    (path) => isUsable(path, command !== undefined) && !(mustBeStatic && isDynamic(path)),
  );
}

function isUsable(path, executable) {
  try {
    accessSync(path, executable ? constants.X_OK : constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether an ELF program asks for a dynamic loader: a program header of type PT_INTERP. */
function isDynamic(path) {
  const PT_INTERP = 3;
  const header = Buffer.alloc(4096);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, header.length, 0);
  } finally {
    closeSync(fd);
  }
  const offset = Number(header.readBigUInt64LE(32));
  const size = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    const at = offset + index * size;
    if (at + 4 <= header.length && header.readUInt32LE(at) === PT_INTERP) return true;
  }
  return false;
}
