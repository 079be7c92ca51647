// /runningpods/: what runs by the container runtime's account.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import {
  type Container,
  ContainerState,
  type PodSandbox,
  PodSandboxState,
} from '@berth/cri/generated/api.ts';
import { podLabels, podOfLabels } from '../../kubecontainer/labels.ts';
import { respondJson } from '../http/respond.ts';
import type { Route } from '../http/routes.ts';
import { podList } from './pods.ts';

/** The route; `runtime` is asked for each request. */
export function runningPodsRoute(runtime: Pick<RuntimeClient, 'listPodSandbox' | 'listContainers'>): Route {
  return {
    methods: ['GET'],
    path: '/runningpods/',
    root: '/runningpods/',
    producesJson: true,
    handler: async (_request, response) => {
      const [{ items }, { containers }] = await Promise.all([
        runtime.listPodSandbox({ filter: { state: { state: PodSandboxState.SANDBOX_READY } } }),
        runtime.listContainers({ filter: { state: { state: ContainerState.CONTAINER_RUNNING } } }),
      ]);
      respondJson(response, podList(runningPods(items, containers)));
    },
  };
}

/** The pods of ready sandboxes and running containers, the newest first. */
export function runningPods(sandboxes: readonly PodSandbox[], containers: readonly Container[]): object[] {
  const pods = new Map<string, { identity: object; createdAt: bigint; containers: object[] }>();
  const podOf = (labels: Record<string, string>, createdAt: bigint) => {
    const identity = podOfLabels(labels);
    if (identity === undefined) return undefined;
    const { name, namespace, uid } = identity;
    const known = pods.get(uid) ?? { identity: { name, namespace, uid }, createdAt, containers: [] };
    pods.set(uid, known);
    return known;
  };
  for (const { labels, createdAt } of sandboxes) podOf(labels, createdAt);
  for (const { labels, image, metadata, createdAt } of containers) {
    const name = labels[podLabels.container] ?? metadata?.name ?? '';
    podOf(labels, createdAt)?.containers.push({ name, image: image?.image ?? '', resources: {} });
  }
  return [...pods.values()]
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .map(({ identity, containers: running }) => ({
      metadata: identity,
      spec: { containers: running.length > 0 ? running : null },
      status: {},
    }));
}
