// Pods as tests of a cluster make them, look at them and wait for them.
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import { testImage } from '@berth/test-support/pods.ts';
import { until } from '@berth/test-support/until.ts';

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt: string };
  terminated?: { exitCode: number; reason: string };
}

export interface ContainerStatus {
  name: string;
  restartCount: number;
  state: ContainerState;
  containerID?: string;
  resources?: object;
}

export interface PodCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime: string;
}

/** A pod, as far as tests look at it. */
export interface Pod {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; controller?: boolean }[];
  };
  spec: { nodeName?: string };
  status: {
    phase: string;
    reason?: string;
    message?: string;
    observedGeneration?: number;
    podIP?: string;
    startTime?: string;
    conditions?: PodCondition[];
    containerStatuses?: ContainerStatus[];
    ephemeralContainerStatuses?: { name: string; state: ContainerState }[];
  };
}

/** A script that runs until it is told to end. */
export const forever = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

/** A pod that the scheduler has no say in. */
export function podOn(
  node: string,
  name: string,
  script: string,
  spec: object = {},
  container: object = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 10,
      containers: [{ name: 'main', image: testImage, command: ['/bin/sh', '-c', script], ...container }],
      ...spec,
    },
  };
}

export const conditionOf = ({ status }: Pod, type: string): PodCondition | undefined =>
  status.conditions?.find((each) => each.type === type);
export const stateOf = ({ status }: Pod): ContainerState => status.containerStatuses?.[0]?.state ?? {};
export const isReady = (pod: Pod): boolean =>
  conditionOf(pod, 'Ready')?.status === 'True' && pod.metadata.deletionTimestamp === undefined;

/** What must not change of a pod that is healthy: its containers, and how often each has started. */
export function containersOf({ metadata, status }: Pod): object {
  const containers = (status.containerStatuses ?? []).map(({ name, restartCount, containerID }) => ({
    name,
    restartCount,
    containerID,
  }));
  return { name: metadata.name, uid: metadata.uid, containers };
}

const pods = '/api/v1/namespaces/default/pods';

/** The real kubelet looks at volumes and mirror pods once in a minute or two. */
const slowMs = 150_000;

/** The pods in the namespace `default`. */
export class Pods {
  readonly #admin: Cluster['admin'];

  constructor({ admin }: Cluster) {
    this.#admin = admin;
  }

  async find(name: string): Promise<Pod | undefined> {
    return await this.#admin.find<Pod>(`${pods}/${name}`);
  }

  /** Those with a label, or all. */
  async list(selector = ''): Promise<Pod[]> {
    const { items } = await this.#admin.get<{ items: Pod[] }>(
      `${pods}?labelSelector=${encodeURIComponent(selector)}`,
    );
    return items;
  }

  /** Waits until the pod is as wanted, and returns it. */
  async that(name: string, what: string, is: (pod: Pod) => boolean): Promise<Pod> {
    let seen: Pod | undefined;
    return await until(
      `pod ${name} ${what}`,
      async () => {
        seen = await this.find(name);
        return seen && is(seen) && seen;
      },
      () => seen ?? 'no such pod',
      slowMs,
    );
  }

  /** Waits until the pod is ready. */
  async ready(name: string): Promise<Pod> {
    return await this.that(name, 'is ready', isReady);
  }

  /** Waits until the pods with the label are as wanted, and returns them. */
  async listThat(selector: string, what: string, are: (pods: Pod[]) => boolean): Promise<Pod[]> {
    let seen: Pod[] = [];
    return await until(
      `the pods of ${selector} ${what}`,
      async () => {
        seen = await this.list(selector);
        return are(seen) && seen;
      },
      () => seen.map(({ metadata, status }) => ({ metadata, status })),
      slowMs,
    );
  }

  /** Waits until so many pods with the label are there, and all are ready. */
  async allReady(selector: string, count: number): Promise<Pod[]> {
    return await this.listThat(selector, `are ${count} and ready`, (all) => {
      return all.length === count && all.every(isReady);
    });
  }

  async gone(name: string): Promise<void> {
    let seen: Pod | undefined;
    await until(
      `pod ${name} is gone`,
      async () => {
        seen = await this.find(name);
        return seen === undefined;
      },
      () => seen,
      slowMs,
    );
  }

  /** Waits until no pod with the label is left. */
  async noneOf(selector: string): Promise<void> {
    await this.listThat(selector, 'are gone', (all) => all.length === 0);
  }
}
