// Requests and limits of a pod as a whole: of its containers together, or its own, with its overhead.
// https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
import { parseQuantity } from '@berth/common/quantity.ts';
import { containersOfKind } from './each-container.ts';
import type { Container, Pod, ResourceRequirements } from './pod.ts';

/** Amounts by resource, in billionths of a core, byte or piece. */
export type Amounts = ReadonlyMap<string, bigint>;

/** Whether `spec.resources` can name this resource. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/** The pod's own requirements; undefined when it has none that count. */
export function podLevelResources(pod: Pick<Pod, 'spec'>): ResourceRequirements | undefined {
  const { resources } = pod.spec;
  const names = Object.keys({ ...resources?.requests, ...resources?.limits });
  return names.some(isPodLevelResource) ? resources : undefined;
}

/** What the pod requests. The pod's own requests go before those of its containers. */
export function podRequests(pod: Pick<Pod, 'spec'>, { overhead }: { overhead: boolean }): Amounts {
  const amounts = new Map(containerTotals(pod.spec, requestsOf));
  for (const [name, amount] of podLevelAmounts(pod, 'requests')) amounts.set(name, amount);
  if (overhead) add(amounts, overheadOf(pod));
  return amounts;
}

/** The limits of the pod. Overhead is added to the limits that are there. */
export function podLimits(pod: Pick<Pod, 'spec'>, { overhead }: { overhead: boolean }): Amounts {
  const amounts = new Map(containerTotals(pod.spec, limitsOf));
  for (const [name, amount] of podLevelAmounts(pod, 'limits')) amounts.set(name, amount);
  const more = overhead ? overheadOf(pod) : new Map<string, bigint>();
  for (const [name, amount] of amounts) {
    if (amount > 0n) amounts.set(name, amount + (more.get(name) ?? 0n));
  }
  return amounts;
}

/** Requests of a container; those that are missing are its limits, by the API's defaults. */
export function requestsOf({ resources }: Pick<Container, 'resources'>): Amounts {
  return parsed({ ...resources.limits, ...resources.requests });
}

/** Limits of a container. */
export function limitsOf({ resources }: Pick<Container, 'resources'>): Amounts {
  return parsed(resources.limits);
}

/**
 * The most that the containers need at one time: the regular ones run together with the restartable init containers,
 * and before them each init container runs with the restartable ones that started before it.
 */
export function containerTotals<Each extends { restartPolicy?: string }>(
  spec: { containers: readonly Each[]; initContainers?: readonly Each[] },
  amountsOf: (container: Each) => Amounts,
): Amounts {
  const together = new Map<string, bigint>();
  for (const { container } of containersOfKind(spec, 'regular')) add(together, amountsOf(container));
  const restartable = new Map<string, bigint>();
  const most = new Map<string, bigint>();
  for (const { container } of containersOfKind(spec, 'init')) {
    const own = amountsOf(container);
    const now = new Map(restartable);
    add(now, own);
    if (container.restartPolicy === 'Always') {
      add(together, own);
      add(restartable, own);
    }
    raise(most, now);
  }
  raise(together, most);
  return together;
}

/** The amounts in `spec.resources`. */
export function podLevelAmounts(pod: Pick<Pod, 'spec'>, kind: 'requests' | 'limits'): Amounts {
  return new Map([...parsed(podLevelResources(pod)?.[kind])].filter(([name]) => isPodLevelResource(name)));
}

/** What the runtime needs for the pod beside its containers. */
export function overheadOf({ spec }: Pick<Pod, 'spec'>): Amounts {
  return parsed(spec.overhead);
}

function parsed(list: Readonly<Record<string, string>> = {}): Map<string, bigint> {
  return new Map(Object.entries(list).map(([name, quantity]) => [name, parseQuantity(quantity).nanos]));
}

function add(sums: Map<string, bigint>, amounts: Amounts): void {
  for (const [name, amount] of amounts) sums.set(name, (sums.get(name) ?? 0n) + amount);
}

function raise(maxima: Map<string, bigint>, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const before = maxima.get(name);
    if (before === undefined || amount > before) maxima.set(name, amount);
  }
}
