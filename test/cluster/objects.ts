// The objects that tests of a cluster look at, and waits for their states.
import type { Cluster } from '@berth/test-support/cluster/cluster.ts';
import { until } from '@berth/test-support/until.ts';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

export interface NodeObject {
  metadata: { name: string; resourceVersion: string };
  spec: { taints?: { key: string; effect: string }[] };
  status: {
    addresses: { type: string; address: string }[];
    conditions: Condition[];
    daemonEndpoints: { kubeletEndpoint: { Port: number } };
    nodeInfo: { kubeletVersion: string };
  };
}

export interface PodObject {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status: { phase: string; podIP?: string; conditions?: Condition[] };
}

/** Waits until the node is as wanted, and returns it. */
export async function nodeThat(
  { admin }: Cluster,
  name: string,
  { what, is, timeoutMs }: { what: string; is: (node: NodeObject) => boolean; timeoutMs?: number },
): Promise<NodeObject> {
  let seen: NodeObject | undefined;
  return await until(
    `node ${name} ${what}`,
    async () => {
      seen = await admin.find<NodeObject>(`/api/v1/nodes/${name}`);
      return seen && is(seen) && seen;
    },
    () => seen ?? 'no such node',
    timeoutMs,
  );
}

/** Waits until the node can be given pods: it is Ready, and no taint keeps them away. */
export async function nodeIsReady(cluster: Cluster, name: string): Promise<NodeObject> {
  return await nodeThat(cluster, name, {
    what: 'is ready',
    is: ({ status, spec }) => isTrue(status.conditions, 'Ready') && (spec.taints ?? []).length === 0,
  });
}

/** Waits until the pod is Ready. */
export async function podIsReady(
  { admin }: Cluster,
  name: string,
  namespace = 'default',
): Promise<PodObject> {
  let seen: PodObject | undefined;
  return await until(
    `pod ${name} is ready`,
    async () => {
      seen = await admin.find<PodObject>(`/api/v1/namespaces/${namespace}/pods/${name}`);
      return isTrue(seen?.status.conditions, 'Ready') && seen;
    },
    () => seen ?? 'no such pod',
  );
}

function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}
