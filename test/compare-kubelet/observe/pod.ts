// All that is compared of a pod: what /pods says, what the runtime was asked for, what its containers see, its
// cgroups, its files on the node, and its logs.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, PodSandbox } from '@berth/cri/generated/api.ts';
import { containersOf, type ListedPod } from '../manifest-case.ts';
import { type Json, type Names, normalised } from '../normalise.ts';
import type { SideNode } from '../side/node.ts';
import { cgroupLimits } from './cgroups.ts';
import { containerFacts } from './facts.ts';
import { fileTree } from './files.ts';

const uidLabel = 'io.kubernetes.pod.uid';
const running = 1;

/** Looks at a pod and its containers, in a form that does not depend on the run. */
export async function observePod(node: SideNode, pod: ListedPod): Promise<Json> {
  const { runtime } = node.client;
  const labelSelector = { [uidLabel]: pod.metadata.uid };
  const sandboxes = (await runtime.listPodSandbox({ filter: { labelSelector } })).items;
  const { containers } = await runtime.listContainers({ filter: { labelSelector } });
  const names = namesOf(pod, sandboxes, containers);
  const observed: Record<string, unknown> = {};
  let podCgroup: Json;
  for (const each of newest(containers)) {
    const { cgroup, ...rest } = await observeContainer(node, each, pod);
    observed[each.metadata?.name ?? ''] = {
      ...rest,
      ...(cgroup && { cgroup: cgroup.container, cgroupPath: cgroup.path }),
    };
    podCgroup ??= cgroup?.pod;
  }
  const { metadata, spec, status } = pod;
  const all = normalised(
    {
      pod: { metadata, spec, status },
      sandbox: await observeSandbox(node, sandboxes),
      containers: observed,
      podCgroup,
      files: fileTree(join(node.rootDir, 'pods', pod.metadata.uid)),
      logs: logsOf(node, pod),
    },
    names,
  );
  // Everywhere else it is called UID, so that another one is one difference.
  return { uid: metadata.uid, ...(all as Record<string, Json>) };
}

/** What /pods says of a pod, normalised by the ids that it has itself. */
export function listedOnly({ metadata, spec, status }: ListedPod): Json {
  return normalised({ metadata, spec, status }, [
    [metadata.uid, 'UID'],
    ...statusIds({ metadata, spec, status }),
  ]);
}

function namesOf(pod: ListedPod, sandboxes: readonly PodSandbox[], containers: readonly Container[]): Names {
  return [
    [pod.metadata.uid, 'UID'] as const,
    ...sandboxes.map(({ id, metadata }) => [id, `SANDBOX-${metadata?.attempt}`] as const),
    // First: whether the runtime still has the last but one is a matter of time.
    ...statusIds(pod),
    ...containers.map(({ id, metadata }) => [id, `ID-${metadata?.name}-${metadata?.attempt}`] as const),
    ...(pod.status.podIPs ?? []).map(({ ip }) => [ip, 'POD_IP'] as const),
  ];
}

/** Names of the containers' ids in a pod's status. */
export function statusIds(pod: ListedPod): Names {
  return containersOf(pod).flatMap(({ name, containerID, lastState, restartCount = 0 }) => {
    const ids = [
      [containerID, `ID-${name}-${restartCount}`],
      [lastState?.terminated?.containerID, `ID-${name}-last`],
    ] as const;
    return ids.flatMap(([id, as]) => (id === undefined ? [] : [[id.replace(/^\w+:\/\//, ''), as] as const]));
  });
}

/** The newest container of each name. */
function newest(containers: readonly Container[]): Container[] {
  const byName = new Map<string, Container>();
  for (const each of containers.toSorted((one, other) => Number(one.createdAt - other.createdAt)))
    byName.set(each.metadata?.name ?? '', each);
  return [...byName.values()];
}

async function observeSandbox({ client }: SideNode, sandboxes: readonly PodSandbox[]): Promise<unknown> {
  const [last] = sandboxes.toSorted((one, other) => Number(other.createdAt - one.createdAt));
  if (last === undefined) return 'none';
  const { info } = await client.runtime.podSandboxStatus({ podSandboxId: last.id, verbose: true });
  const { config = {} } = JSON.parse(info['info'] ?? '{}');
  return { count: sandboxes.length, config: comparableConfig(config) };
}

interface RuntimeRequest {
  annotations?: Record<string, string>;
  envs?: { key: string }[];
  dns_config?: { options?: string[] };
  linux?: { resources?: { hugepage_limits?: { page_size: string }[] } };
}

/**
 * A request without the time at which the manifest was read, and without members of no value. The real kubelet has
 * variables and options of DNS in another order in each run; that of page sizes is the kernel's.
 */
function comparableConfig(request: RuntimeRequest): unknown {
  const { annotations = {}, envs = [], linux, dns_config: dns, ...rest } = request;
  const { 'kubernetes.io/config.seen': _, ...kept } = annotations;
  const sorted = envs.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  const pages = linux?.resources?.hugepage_limits?.toSorted((one, other) =>
    one.page_size < other.page_size ? -1 : 1,
  );
  const resources = { ...linux?.resources, hugepage_limits: pages };
  return pruned({
    ...rest,
    annotations: kept,
    envs: sorted,
    linux: { ...linux, resources },
    dns_config: { ...dns, options: dns?.options?.toSorted() },
  });
}

/** Without empty members: whether an encoder writes those says nothing. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, pruned(each)] as const)
      .filter(([, each]) => !isEmpty(each)),
  );
}

function isEmpty(value: unknown): boolean {
  if (
    value === null ||
    value === undefined ||
    value === '' ||
    value === 0 ||
    value === '0' ||
    value === false
  )
    return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

async function observeContainer(node: SideNode, { id, state }: Container, pod: ListedPod) {
  const { status, info } = await node.client.runtime.containerStatus({ containerId: id, verbose: true });
  const { config = {}, pid = 0 } = JSON.parse(info['info'] ?? '{}');
  const name = status?.metadata?.name ?? '';
  const isRunning = state === running;
  return {
    request: comparableConfig(config),
    logPath: status?.logPath ?? '',
    log: logLines(status?.logPath ?? ''),
    ...(isRunning && { facts: await containerFacts(node.client, id, volumePaths(pod, name)) }),
    cgroup: isRunning && pid > 0 ? cgroupLimits(pid) : undefined,
  };
}

/** Where a container has volumes whose files are small and few. */
function volumePaths({ spec }: ListedPod, name: string): string[] {
  const lists = [spec.containers, spec['initContainers'] ?? [], spec['ephemeralContainers'] ?? []];
  const all = lists.flat() as { name: string; volumeMounts?: { name: string; mountPath: string }[] }[];
  const mounts = all.find((each) => each.name === name)?.volumeMounts ?? [];
  return mounts
    .filter((mount) => mount.name !== 'marks' && !mount.mountPath.startsWith('/host'))
    .map(({ mountPath }) => mountPath);
}

const mostLogLines = 50;

function logLines(path: string): Json {
  if (!existsSync(path)) return 'no file';
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(0, mostLogLines);
  return lines.map((line) => line.replace(/^20\d\d-\S{15}\.\d{9}(Z|[+-]\d\d:\d\d) /, 'TIME '));
}

/** The folder of the pod's logs, and the links to them that log collectors follow. */
function logsOf({ logsDir, linksDir }: SideNode, { metadata }: ListedPod): Json {
  const { namespace, name, uid } = metadata;
  const folder = fileTree(join(logsDir, `${namespace}_${name}_${uid}`));
  return {
    folder: withoutContents(folder),
    links: linksOf(linksDir, `${name}_${namespace}_`, uid),
  };
}

/** Links to logs of the pod with this UID; those of one that was there before stay for a while. */
function linksOf(dir: string, prefix: string, uid: string): string[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).filter((name) => name.startsWith(prefix));
  const links = names.map((name) => ({ name, target: readlinkSync(join(dir, name)) }));
  const own = links.filter(({ target }) => target.includes(uid));
  // Their names end with the ids of containers, some of which are gone.
  return own.map(({ name, target }) => `${target} <- ${name.replace(/[0-9a-f]{64}/, 'ID')}`).sort();
}

/** What is in logs is compared with its container. */
function withoutContents(files: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(files).map(([path, line]) => [path, line.replace(/ (".*"|\d+ bytes)$/, '')]),
  );
}
