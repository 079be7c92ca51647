// Judges what host-facts.ts has read. Pure.
import { hasSwap } from '@berth/kubelet/options/swap.ts';
import { isKernel } from '@berth/runtime/host/kernel-version.ts';
import { defaultBridge, isDefaultNetwork } from '@berth/runtime/network/default-names.ts';
import type { Finding } from './finding.ts';
import type { HostFacts } from './host-facts.ts';

/** Ports of the kubelet, with the flag that chooses another one. */
const kubeletPorts = [
  { port: 10250, flag: 'port' },
  { port: 10248, flag: 'healthzPort' },
] as const;

/** The oldest kernel with the system calls that Berth uses: openat2(2) and pidfd_open(2), and mount_setattr(2). */
const oldestKernel = [5, 12] as const;

/** All checks of the machine, in the order in which they are printed. */
export function hostFindings(facts: HostFacts): Finding[] {
  return [
    ...settings(facts),
    ...ports(facts),
    swap(facts),
    network(facts),
    ...neighbours(facts),
    cgroupMode(facts),
    appArmor(facts),
    ...kernel(facts),
    ...directories(facts),
  ];
}

/** The settings of berthd. */
export function settings({ settingsProblem }: Pick<HostFacts, 'settingsProblem'>): Finding[] {
  if (settingsProblem === undefined) return [];
  const todo = 'correct it: berthd does not start with it (berthd config default explains every setting)';
  return [{ name: 'settings', detail: settingsProblem, todo }];
}

/** The ports of the kubelet. */
export function ports({
  takenPorts,
  kubeletAnswers,
}: Pick<HostFacts, 'takenPorts' | 'kubeletAnswers'>): Finding[] {
  return kubeletPorts.map(({ port, flag }) => {
    const taken = takenPorts.find((each) => each.port === port);
    const name = `port ${port}`;
    if (taken === undefined) return { name, detail: 'free' };
    const owner =
      taken.owner === undefined ? 'another process' : `${taken.owner.command} (pid ${taken.owner.pid})`;
    if (kubeletAnswers) return { name, detail: `taken by ${owner}: this node's kubelet runs` };
    const stop = taken.owner === undefined ? 'stop that process' : `stop ${taken.owner.command}`;
    return {
      name,
      detail: `taken by ${owner}: the kubelet cannot listen on it`,
      todo: `${stop} (ss -ltnp 'sport = :${port}' shows it), or give the kubelet another one: ${flag} in its configuration`,
    };
  });
}

/** Swap, which the kubelet refuses. */
export function swap({ swaps }: Pick<HostFacts, 'swaps'>): Finding {
  if (!hasSwap(swaps)) return { name: 'swap', detail: 'off' };
  return {
    name: 'swap',
    detail: 'on: the kubelet does not start with it',
    todo: 'swapoff -a, and remove it from /etc/fstab; or failSwapOn: false in the kubelet configuration',
  };
}

/** The network of pods. */
export function network({ networks, cniConfDir }: Pick<HostFacts, 'networks' | 'cniConfDir'>): Finding {
  const name = 'CNI';
  if ('problem' in networks)
    return { name, detail: networks.problem, todo: `make ${cniConfDir} a directory that root can read` };
  const [first] = networks;
  if (first === undefined)
    return { name, detail: `no configuration in ${cniConfDir}: berthd writes its own` };
  const selected = networks.find(({ problem }) => problem === undefined);
  if (selected !== undefined) return { name, detail: `network ${selected.name} of ${selected.file}` };
  return {
    name,
    detail: first.problem ?? '',
    todo: `correct ${first.file}, or move it away: with no configuration berthd writes its own`,
  };
}

/** Other runtimes and kubelets, which may want the same bridge and cgroups. */
export function neighbours({
  runtimes,
  otherKubelets,
  networks,
  interfaces,
}: Pick<HostFacts, 'runtimes' | 'otherKubelets' | 'networks' | 'interfaces'>): Finding[] {
  const files = 'problem' in networks ? [] : networks;
  const owner = files.find(({ file, bridges }) => !isDefaultNetwork(file) && bridges.includes(defaultBridge));
  const isOwn = files.some(({ file }) => isDefaultNetwork(file));
  const isTaken = interfaces.includes(defaultBridge) && !isOwn && owner === undefined && files.length === 0;
  return [
    ...runtimes.map(({ name, socket }) => ({
      name: 'neighbour',
      detail: `${name} runs too (${socket}); its pods and Berth's do not see each other`,
    })),
    ...otherKubelets.map((pid) => ({
      name: 'neighbour',
      detail: `another kubelet runs (pid ${pid}); both make pods in the cgroup /kubepods and listen on port 10250`,
      todo: 'stop it, or give one of the two other ports, another --root-dir and --cgroup-root',
      optional: true,
    })),
    ...(isTaken
      ? [
          {
            name: 'neighbour',
            detail: `the bridge ${defaultBridge} is there and not Berth's: pods would share it and its addresses`,
            todo: `ip link delete ${defaultBridge} if nothing uses it, or write a CNI configuration with another bridge`,
            optional: true,
          },
        ]
      : []),
  ];
}

/** The version of cgroups, and the driver that fits the init system. */
export function cgroupMode({
  cgroupVersion,
  cgroupDriver,
  isSystemd,
}: Pick<HostFacts, 'cgroupVersion' | 'cgroupDriver' | 'isSystemd'>): Finding {
  const name = 'cgroup mode';
  if (isSystemd && cgroupDriver !== 'systemd') {
    return {
      name,
      detail: `cgroupDriver is ${cgroupDriver}, and systemd manages the cgroups of this machine`,
      todo: 'cgroupDriver: systemd in /etc/berth/config.yaml and in the kubelet configuration',
      optional: true,
    };
  }
  if (!isSystemd && cgroupDriver === 'systemd') {
    return {
      name,
      detail: 'cgroupDriver is systemd, and the init of this machine is not systemd',
      todo: 'cgroupDriver: cgroupfs in /etc/berth/config.yaml and in the kubelet configuration',
    };
  }
  if (cgroupVersion === undefined || cgroupVersion === 'v2')
    return { name, detail: `${cgroupVersion ?? 'none'}, driver ${cgroupDriver}` };
  return {
    name,
    detail: `${cgroupVersion}, driver ${cgroupDriver}: no swap limits, memory QoS or pressure figures`,
    todo: 'boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line for cgroup v2',
    optional: true,
  };
}

/** AppArmor. */
export function appArmor({ appArmor: { enabled, canList } }: Pick<HostFacts, 'appArmor'>): Finding {
  const name = 'AppArmor';
  if (!enabled) return { name, detail: 'off: pods that ask for a profile are refused' };
  if (canList) return { name, detail: 'on' };
  return {
    name,
    detail: 'on, but its profiles cannot be read at /sys/kernel/security/apparmor',
    todo: 'mount -t securityfs securityfs /sys/kernel/security (as root)',
    optional: true,
  };
}

/** The kernel. */
export function kernel({
  kernel: { release, hasSeccomp, userNamespaces },
}: Pick<HostFacts, 'kernel'>): Finding[] {
  const [major, minor] = oldestKernel;
  const version: Finding = isKernel(release, major, minor)
    ? { name: 'kernel', detail: release }
    : {
        name: 'kernel',
        detail: `${release} lacks system calls that Berth needs`,
        todo: `boot Linux ${major}.${minor} or newer`,
      };
  const seccomp: Finding = hasSeccomp
    ? { name: 'seccomp', detail: 'yes' }
    : {
        name: 'seccomp',
        detail: 'not in this kernel: pods with a seccomp profile are refused',
        todo: 'use a kernel with CONFIG_SECCOMP_FILTER',
        optional: true,
      };
  const users: Finding =
    (userNamespaces ?? 0) > 0
      ? { name: 'user namespaces', detail: `at most ${userNamespaces}` }
      : {
          name: 'user namespaces',
          detail: 'off: pods with hostUsers: false are refused',
          todo:
            userNamespaces === undefined
              ? 'use a kernel with CONFIG_USER_NS'
              : 'sysctl -w user.max_user_namespaces=15000',
          optional: true,
        };
  return [version, seccomp, users];
}

/** The directories that the node writes to. */
export function directories({ directories: all }: Pick<HostFacts, 'directories'>): Finding[] {
  return all.flatMap(({ path, problem }) =>
    problem === undefined
      ? []
      : [
          {
            name: 'directory',
            detail: `${path}: ${problem}`,
            todo: 'the node writes there: mount a writable file system at it, or correct its owner and mode',
          },
        ],
  );
}
