// Whether this node can take a pod at all: number of pods, CPU, memory, disk, host ports, node selector. Without a
// scheduler in front of a static pod, this is the only place that keeps a node from being promised twice.

import { formatQuantity, parseQuantity } from '@berth/common/quantity.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm } from 'kubernetes-types/core/v1.d.ts';
import { type Container, type Pod, podKey } from '../api/pod.ts';
import type { NodeFacts } from '../node/node-facts.ts';

/** Pods that may run, and those that may not with the reason. */
export interface Admission {
  admitted: Pod[];
  refused: { pod: Pod; message: string }[];
}

/**
 * Admits pods one after the other, those that were admitted before first, so that a newcomer never pushes out
 * what runs. `isFinished` tells of pods whose containers are done and hold nothing any more.
 */
export function admitPods(
  pods: readonly Pod[],
  node: NodeFacts,
  wasAdmitted: ReadonlySet<string>,
  isFinished: (uid: string) => boolean,
): Admission {
  const isKnown = (pod: Pod): boolean => wasAdmitted.has(pod.metadata.uid);
  const taken: Taken = { pods: 0, resources: new Map(), ports: new Map() };
  const refused: Admission['refused'] = [];
  const ordered = [...pods.filter(isKnown), ...pods.filter((pod) => !isKnown(pod))];
  const admitted = ordered.filter((pod) => {
    const message = obstacle(pod, node, taken);
    if (message !== undefined) refused.push({ pod, message });
    else if (!isFinished(pod.metadata.uid)) take(pod, taken);
    return message === undefined;
  });
  return { admitted, refused };
}

/** The resources that pods request of this node. */
const countedResources = ['cpu', 'memory', 'ephemeral-storage'] as const;
type CountedResource = (typeof countedResources)[number];

interface Taken {
  pods: number;
  /** By name, in billionths of a core or byte. */
  resources: Map<string, bigint>;
  /** The pod that has each host port. */
  ports: Map<string, string>;
}

function take(pod: Pod, taken: Taken): void {
  taken.pods += 1;
  for (const name of countedResources) {
    taken.resources.set(name, (taken.resources.get(name) ?? 0n) + request(pod, name));
  }
  for (const port of hostPorts(pod)) taken.ports.set(port, podKey(pod));
}

function obstacle(pod: Pod, node: NodeFacts, taken: Taken): string | undefined {
  if (taken.pods >= node.maxPods) {
    return `Node didn't have enough resource: pods: this node runs at most ${node.maxPods} (--max-pods)`;
  }
  for (const name of countedResources) {
    const shortage = shortOf(name, request(pod, name), taken.resources.get(name) ?? 0n, capacity(node, name));
    if (shortage) return shortage;
  }
  for (const port of hostPorts(pod)) {
    const owner = taken.ports.get(port) ?? taken.ports.get(port.replace(/@.*/, '@'));
    const anyAddress = port.endsWith('@')
      ? [...taken.ports].find(([key]) => key.startsWith(port))?.[1]
      : undefined;
    const other = owner ?? anyAddress;
    if (other) return `host port ${port.replace('@', ' ').trim()} is taken by pod ${other}`;
  }
  return placementObstacle(pod, node.labels);
}

function shortOf(name: string, requested: bigint, used: bigint, capacity: bigint): string | undefined {
  if (requested === 0n || used + requested <= capacity) return undefined;
  const text = (value: bigint): string =>
    formatQuantity({ nanos: value, format: name === 'cpu' ? 'DecimalSI' : 'BinarySI' });
  return `Node didn't have enough resource: ${name}, requested: ${text(requested)}, used: ${text(used)}, capacity: ${text(capacity)}`;
}

function capacity(node: NodeFacts, resource: CountedResource): bigint {
  const amounts = {
    cpu: node.cpus,
    memory: node.memoryBytes,
    'ephemeral-storage': node.ephemeralStorageBytes,
  };
  return BigInt(amounts[resource]) * 1_000_000_000n;
}

/** What the regular containers request together, or the hungriest init container if that is more. */
function request(pod: Pod, resource: string): bigint {
  const of = (container: Container): bigint =>
    parseQuantity(container.resources.requests?.[resource] ?? 0).nanos;
  const together = pod.spec.containers.map(of).reduce((sum, amount) => sum + amount, 0n);
  const hungriest = (pod.spec.initContainers ?? []).map(of).sort((a, b) => (a < b ? 1 : -1))[0] ?? 0n;
  return hungriest > together ? hungriest : together;
}

/** Host ports as `TCP/80@address`; a port on every address has none after the `@`. */
function hostPorts(pod: Pod): string[] {
  return pod.spec.containers.flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => port.hostPort)
      .map(({ protocol, hostPort, hostIP }) => `${protocol}/${hostPort}@${isAny(hostIP) ? '' : hostIP}`),
  );
}

function isAny(address: string | undefined): boolean {
  return !address || address === '0.0.0.0' || address === '::';
}

function placementObstacle(pod: Pod, labels: NodeFacts['labels']): string | undefined {
  const wrong = Object.entries(pod.spec.nodeSelector ?? {}).find(([key, value]) => labels[key] !== value);
  if (wrong) return `spec.nodeSelector: this node's label ${wrong[0]} is not ${wrong[1]}`;
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms || terms.some((term) => matchesTerm(term, labels))) return undefined;
  return 'spec.affinity.nodeAffinity: no term of it matches this node';
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  labels: NodeFacts['labels'],
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': labels['kubernetes.io/hostname'] ?? '' };
  return (
    matchExpressions.every((requirement) => matches(requirement, labels)) &&
    matchFields.every((requirement) => matches(requirement, fields))
  );
}

function matches(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: NodeFacts['labels'],
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
