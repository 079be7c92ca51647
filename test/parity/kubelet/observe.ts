// What became of manifests on a node: each pod's status as its kubelet tells it, what it asked of the runtime, and
// what its containers printed.
import { readFileSync } from 'node:fs';
import type { CriClient } from '@berth/cri/client/client.ts';
import type { Json } from '@berth/cri/json/proto-json.ts';
import { type KubeletNode, nodeName } from './nodes.ts';

/** A pod as /pods has it: what is looked at. */
export interface ListedPod {
  metadata: { name: string; namespace: string; uid: string };
  status: {
    phase?: string;
    reason?: string;
    message?: string;
    qosClass?: string;
    podIP?: string;
    hostIP?: string;
    initContainerStatuses?: ListedContainer[];
    containerStatuses?: ListedContainer[];
  };
}

interface ListedContainer {
  name: string;
  state?: {
    waiting?: { reason?: string };
    running?: object;
    terminated?: { exitCode: number; reason?: string; message?: string };
  };
}

/** Every pod that the node's kubelet knows, by `namespace/name` without the node's name. */
export async function listPods({ kubelet }: KubeletNode): Promise<Map<string, ListedPod>> {
  const response = await fetch(`http://127.0.0.1:${kubelet.port}/pods`);
  const { items } = (await response.json()) as { items: ListedPod[] | null };
  const suffix = `-${nodeName.toLowerCase()}`;
  return new Map(
    (items ?? []).map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name.replace(suffix, '')}`, pod]),
  );
}

/** The containers of a pod, in the order in which they start. */
export function containersOf({ status }: ListedPod): ListedContainer[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

/** Takes out of a JSON text what is another in each run, or on the other node. */
function neutralizer({ dir }: KubeletNode, pod: ListedPod, ids: readonly string[]): (json: string) => string {
  const replacements: [string | RegExp, string][] = [
    [dir, 'DIR'],
    [/berth-test-par(?:ours|real)-\w+(?:-kubelet)?/g, 'NODE'],
    [pod.metadata.uid, 'UID'],
    ...ids.map((id): [string, string] => [id, 'ID']),
    // PodNetwork of test support has these.
    [/10\.2\d\d\.\d+\.\d+/g, '10.NET.IP'],
    [/\/proc\/\d+\/ns\//g, '/proc/PID/ns/'],
    // The file of a termination message.
    [/(?<=\/containers\/[\w.-]+\/)[0-9a-f]{8}\b/g, 'N'],
  ];
  return (json) => replacements.reduce((text, [from, to]) => text.replaceAll(from, to), json);
}

/** All that is compared of a pod, without what differs from run to run; `not run` of one that waits for a sandbox. */
export async function observePod(node: KubeletNode, pod: ListedPod): Promise<Json> {
  const { client } = node;
  const labelSelector = { 'io.kubernetes.pod.uid': pod.metadata.uid };
  const { items } = await client.runtime.listPodSandbox({ filter: { labelSelector } });
  items.sort((a, b) => Number(b.createdAt - a.createdAt));
  const { containers } = await client.runtime.listContainers({ filter: { labelSelector } });
  const neutral = neutralizer(
    node,
    pod,
    [...items, ...containers].map(({ id }) => id),
  );
  const { phase = '', reason = '', message = '', qosClass = '' } = pod.status;
  const printed: Record<string, Json> = {};
  // The newest of each name is left.
  for (const { id, metadata } of containers.toSorted((a, b) => Number(a.createdAt - b.createdAt))) {
    printed[metadata?.name ?? ''] = await observeContainer(client, id);
  }
  const states = Object.fromEntries(
    containersOf(pod).map((container) => [container.name, stateOf(container)]),
  );
  const [sandbox] = items;
  // A pod that the node did not admit is told why.
  if (sandbox === undefined) return phase === 'Failed' ? { phase, reason, message, qosClass } : 'not run';
  const observed: Json = {
    status: { phase, reason, qosClass },
    states,
    sandbox: await observeSandbox(client, sandbox.id),
    containers: printed,
  };
  return JSON.parse(neutral(JSON.stringify(observed)));
}

function stateOf({ state = {} }: ListedContainer): Json {
  const { waiting, running, terminated } = state;
  if (running) return 'running';
  if (!terminated) return `waiting: ${waiting?.reason}`;
  const { exitCode, reason = '', message = '' } = terminated;
  return { exitCode, reason, message };
}

async function observeSandbox(client: CriClient, podSandboxId: string): Promise<Json> {
  const { info } = await client.runtime.podSandboxStatus({ podSandboxId, verbose: true });
  const { config } = JSON.parse(info['info'] ?? '{}');
  const { metadata, hostname, dnsConfig, portMappings, labels, annotations, linux = {} } = config;
  return {
    attempt: metadata.attempt,
    hostname,
    dnsConfig,
    portMappings,
    labels,
    annotations: withoutSeen(annotations),
    linux: {
      cgroupParent: linux.cgroupParent,
      sysctls: linux.sysctls,
      overhead: linux.overhead,
      resources: linux.resources,
      securityContext: linux.securityContext ?? {},
    },
  };
}

/** The time at which the manifest was read. */
function withoutSeen(annotations: Record<string, string>): Record<string, string> {
  const { 'kubernetes.io/config.seen': _, ...rest } = annotations;
  return rest;
}

async function observeContainer(client: CriClient, containerId: string): Promise<Json> {
  const { status, info } = await client.runtime.containerStatus({ containerId, verbose: true });
  const { runtimeSpec = {} } = JSON.parse(info['info'] ?? '{}');
  const { process = {}, mounts = [], root = {}, hostname, linux = {} } = runtimeSpec;
  return {
    attempt: status?.metadata?.attempt ?? 0,
    image: status?.image?.userSpecifiedImage ?? '',
    log: logLines(status?.logPath ?? ''),
    // The real kubelet has variables in another order each time; the runtime leaves one of each name.
    process: { ...process, env: [...(process.env ?? [])].sort() },
    root: { readonly: root.readonly ?? false },
    hostname,
    mounts: mounts.map(observeMount),
    linux: observeLinux(linux),
  };
}

interface SpecMount {
  destination: string;
  type: string;
  source: string;
  options?: string[];
}

/** Ours has what containers may write to outside of their volumes on a tmpfs of a bounded size, see SECURITY.md. */
const ownFile = /\/pods\/[^/]+\/(etc-hosts$|containers\/)/;
/** Where a pod with users of its own has them, from another source. */
const ownPlaces = ['/etc/hosts', '/dev/termination-log'];

function observeMount({ destination, type, source, options = [] }: SpecMount): Json {
  const isOwn = ownFile.test(source) || ownPlaces.includes(destination);
  const ofTmpfs = isOwn ? ['nosuid', 'nodev', 'noexec'] : [];
  return { destination, type, source, options: options.filter((each) => !ofTmpfs.includes(each)).sort() };
}

interface SpecLinux {
  resources?: { hugepageLimits?: { pageSize: string }[] };
  uidMappings?: { hostID: number }[];
  gidMappings?: { hostID: number }[];
}

/** The sizes of huge pages have no order, and which ids a pod of its own users has is chance. */
function observeLinux({ resources = {}, uidMappings = [], gidMappings = [], ...linux }: SpecLinux): Json {
  const hugepageLimits = resources.hugepageLimits?.toSorted((a, b) => (a.pageSize < b.pageSize ? -1 : 1));
  const byChance = (mappings: { hostID: number }[]) => mappings.map((each) => ({ ...each, hostID: 0 }));
  return JSON.parse(
    JSON.stringify({
      ...linux,
      resources: { ...resources, hugepageLimits },
      uidMappings: byChance(uidMappings),
      gidMappings: byChance(gidMappings),
    }),
  );
}

function logLines(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replace(/^\S+ (?=\S+ [FP]( |$))/, ''));
}
