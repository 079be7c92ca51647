// A node whose kubelet is killed again and again: its pods begin and end by manifests, and each wait survives kills.
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CriClient } from '@berth/cri/client/client.ts';
import type { Kubelet } from '@berth/test-support/kubelet.ts';
import { until } from '@berth/test-support/until.ts';
import type { ManifestUrl } from './manifest-url.ts';

const patienceMs = 120_000;

/** A container in the status of a pod. */
export interface ShownContainer {
  name: string;
  restartCount: number;
  containerID?: string;
  resources?: { limits?: Record<string, string> };
}

/** The part of a pod in /pods that the test looks at. */
export interface ShownPod {
  metadata: { name: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses?: ShownContainer[];
    initContainerStatuses?: ShownContainer[];
  };
}

/** What the lives of pods act on; the kubelet is another one after each kill. */
export interface KilledNode {
  cri: CriClient;
  /** Folder of manifests. */
  manifests: string;
  url: ManifestUrl;
  /** The kubelet's root directory. */
  rootDir: string;
  cgroupRoot: string;
  kubelet: Kubelet;
}

/** Puts a manifest file in place, at once and whole. */
export function drop({ manifests }: KilledNode, name: string, documents: readonly object[]): void {
  const aside = join(manifests, `.${name}`);
  writeFileSync(aside, documents.map((document) => JSON.stringify(document)).join('\n---\n'));
  renameSync(aside, join(manifests, `${name}.yaml`));
}

/** Removes the manifest, and waits until nothing of the pod is left. */
export async function remove(node: KilledNode, name: string): Promise<void> {
  rmSync(join(node.manifests, `${name}.yaml`));
  await untilGone(node, name);
}

/** Waits until the runtime has nothing of the pod, and the kubelet does not show it. */
export async function untilGone(node: KilledNode, name: string): Promise<void> {
  const filter = { labelSelector: { 'io.kubernetes.pod.uid': `uid-${name}` } };
  const hasEnded = async () => (await node.cri.runtime.listPodSandbox({ filter })).items.length === 0;
  await until(`${name} has ended`, hasEnded, undefined, patienceMs);
  // Its sandbox goes first; the kubelet shows the pod until everything of it is gone.
  const isGone = async () =>
    (await shownPods(node))?.every((pod) => pod.metadata.name !== `${name}-testnode`);
  await until(`${name} is not shown`, isGone, undefined, patienceMs);
  // A kubelet that began meanwhile does not show it. What is left of its folder would be the next life's.
  const folder = join(node.rootDir, 'pods', `uid-${name}`);
  await until(`${folder} is removed`, () => !existsSync(folder), undefined, patienceMs);
}

/** Waits until the pod is ready, and returns it. */
export function untilReady(node: KilledNode, name: string): Promise<ShownPod> {
  return untilPod(node, name, 'is ready', isReady);
}

/** Whether the pod is shown as ready. */
export function isReady({ status }: ShownPod): boolean {
  return (status.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
}

/** Waits until the pod is shown so, and returns it. */
export function untilPod(
  node: KilledNode,
  name: string,
  what: string,
  condition: (pod: ShownPod) => boolean,
): Promise<ShownPod> {
  let seen: ShownPod | undefined;
  const matching = async () => {
    const pods = await shownPods(node);
    seen = pods?.find(({ metadata }) => metadata.name === `${name}-testnode`);
    return seen && condition(seen) ? seen : undefined;
  };
  return until(`${name} ${what}`, matching, () => seen?.status, patienceMs);
}

/** What must not change of a healthy pod. */
export function containersOf({ status }: ShownPod): ShownContainer[] {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses].map(({ name, restartCount, containerID = '' }) => ({
    name,
    restartCount,
    containerID,
  }));
}

/** The kubelet's pods; undefined while it is down. */
async function shownPods({ kubelet }: KilledNode): Promise<ShownPod[] | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${kubelet.port}/pods`);
    const { items }: { items: ShownPod[] | null } = JSON.parse(await answer.text());
    return items ?? [];
  } catch {
    return undefined;
  }
}
