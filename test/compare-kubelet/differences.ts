// Where ours is different from the real kubelet on purpose. `npm run compare:kubelet` fails for a difference that is not
// here, and for an entry that nothing differs by any more.
import type { Difference } from './difference.ts';
import { requestDifferences } from './differences-of-requests.ts';

/** Cases in the network of the host. */
const hostNetwork = [
  'names: host aliases in the network of the host',
  'dns: ClusterFirst in the network of the host',
  'dns: ClusterFirstWithHostNet',
  'namespaces: the network of the host',
  'namespaces: a pod without a network of its own that ends',
];

export const differences: readonly Difference[] = [
  {
    reason:
      'Without an API server the real kubelet does not know the addresses of its node; ours tells them.',
    cases: ['*'],
    paths: ['*status.hostIP', '*status.hostIPs'],
  },
  {
    reason: 'The same, for pods whose address is that of the node.',
    cases: hostNetwork,
    paths: ['*status.podIP', '*status.podIPs', '*status.podIPs[*'],
  },
  {
    reason:
      'What containers may write to outside of their volumes is on a tmpfs of a bounded size without programs and devices (SECURITY.md).',
    cases: ['*'],
    paths: [
      '*.request.mounts[*].mount_options',
      '*.facts.mounts./etc/hosts',
      '*.facts.mounts./dev/termination-log',
      '*files.containers/*/N',
      '*files.etc-hosts',
    ],
  },
  {
    reason: 'Only root reads the folders of pods (SECURITY.md); ours makes them when something is in them.',
    cases: ['*'],
    paths: [
      '*files..',
      '*files.containers*',
      '*files.plugins*',
      '*files.volumes',
      '*files.volumes/kubernetes.io~*',
      '*files.volume-subpaths*',
    ],
  },
  {
    reason: 'Statuses and results of probes survive a restart of ours, which has no API server to ask.',
    cases: ['*'],
    paths: ['*files.status.json', '*files.probe-results.json'],
  },
  {
    isTimed: true,
    reason:
      'The real kubelet takes up the next version of a static pod at its next resync; ours when the old one is gone.',
    cases: ['containers: another manifest instead'],
    paths: ['marks.gaps[*'],
  },
  {
    reason:
      'The status has a signal with the alpha gate ContainerStopSignals only, which the real one needs here.',
    cases: ['*'],
    paths: ['*.stopSignal'],
  },
  {
    reason:
      'Without an API server the real kubelet forgets at its restart which volumes a status had; ours computes them.',
    cases: ['*'],
    paths: ['restarted.status.*ontainerStatuses[*].volumeMounts'],
  },
  {
    reason: 'Each kubelet keeps its own state in files of its own.',
    cases: ['node: facts'],
    paths: ['node.rootDir.*'],
  },
  {
    reason:
      'Projected volumes of the downward API need a client of an API server in the real kubelet; ours makes them.',
    cases: ['volumes: projected downwardAPI', 'volumes: projected for a user'],
    paths: ['*'],
  },
  {
    reason: 'Ours says in the status why a pod cannot be started, where events have no API server to go to.',
    cases: [
      'volumes: hostPath that is no *',
      'volumes: emptyDir of huge pages, and none asked for',
      'namespaces: users of its own*',
      'security: procMount',
    ],
    paths: ['*.state.waiting.message'],
  },
  {
    reason:
      'ConfigMaps and Secrets of manifests serve pods of ours; the real kubelet refuses such static pods.',
    cases: ['admission: a volume of an API object'],
    paths: ['pod'],
  },
  {
    reason:
      'Ours runs ephemeral containers of manifests, which the real kubelet takes from an API server only.',
    cases: ['admission: ephemeral containers'],
    paths: ['pod'],
  },
  {
    column: 'ours',
    reason: 'berthd names images by their digest in a registry, containerd by that of their configuration.',
    cases: ['*'],
    paths: ['*.imageID'],
  },
  {
    column: 'ours',
    reason: 'berthd makes logs that only root reads, containerd such that the group does.',
    cases: ['*'],
    paths: ['*logs.folder.*'],
  },
  {
    column: 'ours',
    reason: 'containerd applies no limits of huge pages to containers unless configured to; berthd does.',
    cases: ['*'],
    paths: ['*.cgroup.hugetlb.*'],
  },
  {
    column: 'ours',
    reason: 'The files that runtimes mount are on file systems of their own choice.',
    cases: ['*'],
    paths: ['*.facts.mounts./etc/hostname', '*.facts.mounts./etc/resolv.conf', '*.facts.mounts./dev/shm'],
  },
  {
    column: 'ours',
    reason:
      'berthd, as CRI-O, finds at CreateContainer that there is no such command, containerd at StartContainer.',
    cases: ['containers: a command that is not there*', 'sidecars: one that never starts'],
    paths: ['*'],
  },
  {
    column: 'ours',
    reason: 'Errors of pulls are in the words of the runtime.',
    cases: ['containers: an image that cannot be pulled', 'volumes: image that cannot be pulled'],
    paths: ['*.state.waiting.message'],
  },
  {
    column: 'ours',
    reason:
      'berthd, as CRI-O, writes what a container prints at once, in parts; containerd waits for the end of a line.',
    cases: ['server: target', 'env: in a command', 'request: secure GET /containerLogs/*'],
    paths: ['*.log', 'body', 'body (order)'],
  },
  {
    reason:
      'Without an API server the real kubelet does not look up what the handler of a pod can do, and mounts nothing recursively read-only.',
    cases: ['volumes: recursively read only*'],
    paths: ['*'],
  },
  {
    column: 'ours',
    reason: 'containerd 2.4 with runc 1.1 has no user namespaces, berthd has.',
    cases: ['namespaces: users of its own*', 'security: procMount'],
    paths: ['*'],
  },
  {
    column: 'ours',
    reason:
      'The real kubelet rejects, and counts, a pod for what containerd 2.4 cannot do and berthd can: options of a bind mount.',
    cases: ['volumes: options of the bind mount', 'request: * GET /metrics'],
    paths: ['settled.*', 'restarted*', 'sameContainers', 'marks*', 'body.kubelet_admission_rejections_total'],
  },
  {
    column: 'ours',
    reason: 'Errors of containers are in the words of the runtime.',
    cases: [
      'volumes: mount propagation',
      'volumes: image, a sub path *',
      'security: seccomp: a file that is not there',
    ],
    paths: ['*.state.waiting.message'],
  },
  {
    column: 'ours',
    reason: 'berthd mounts the layer of an image that has one alone, containerd an overlay of it.',
    cases: ['volumes: image*'],
    paths: ['*.facts.mounts.*'],
  },
  {
    reason: 'Ours says what is wrong with the path, which the real kubelet tells its log alone.',
    cases: ['volumes: sub path that leaves the volume by a link'],
    paths: ['*.state.waiting.message'],
  },
  {
    column: 'ours',
    reason:
      'containerd adds this to the request that it tells of; berthd sets it as well, as containers see.',
    cases: ['security: sysctls*'],
    paths: ['*.sysctls.net.ipv4.ping_group_range'],
  },
  {
    column: 'ours',
    reason: 'containerd puts the folder of an image in place of its name in the request that it tells of.',
    cases: ['volumes: image*'],
    paths: ['*.request.mounts[*].host_path', '*.request.mounts[*].image.image_ref'],
  },
  {
    column: 'ours',
    reason: 'Groups have no order; runtimes tell them in one of their own.',
    cases: ['security: a user and groups of the pod'],
    paths: ['*.user.linux.supplementalGroups[*'],
  },
  {
    reason:
      'The real kubelet, started again without an API server, calls a container ready whose startup probe goes on.',
    cases: ['probes: startup goes on'],
    paths: ['restarted.status.*'],
  },
  ...requestDifferences,
];
