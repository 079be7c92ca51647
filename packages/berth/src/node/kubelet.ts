// The kubelet of this node, over the socket in its root directory.
import { existsSync } from 'node:fs';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import type { RejectedManifest } from '@berth/kubelet/config/pod-source.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { type HttpAnswer, http } from './http.ts';
import type { NodeLayout } from './layout.ts';
import { reach } from './reach.ts';
import { startDaemon } from './start-daemon.ts';

const startTimeoutMs = 60_000;
const askTimeoutMs = 5_000;

/** The kubelet's health; `absent` when nothing answers. */
export async function kubeletHealth({
  kubeletSocket: socketPath,
}: NodeLayout): Promise<'healthy' | 'unhealthy' | 'absent'> {
  try {
    const { status } = await http({ socketPath }, { path: '/healthz', timeoutMs: askTimeoutMs });
    return status === 200 ? 'healthy' : 'unhealthy';
  } catch {
    return 'absent';
  }
}

/**
 * The pods of this node with their statuses, or undefined when no kubelet answers.
 * @throws when the answer is not a list of pods
 */
export async function kubeletPods(layout: NodeLayout): Promise<v1.Pod[] | undefined> {
  const list = await ask<v1.PodList>(layout, '/pods');
  return list && (list.items ?? []);
}

/**
 * The manifests that the kubelet does not run, or not in their newest version; undefined when no kubelet answers.
 * @throws when the answer is not such a list
 */
export async function kubeletRejections(layout: NodeLayout): Promise<RejectedManifest[] | undefined> {
  return await ask<RejectedManifest[]>(layout, '/rejected');
}

/** The kubelet's own types, from a server on this machine that we trust with them. */
async function ask<Answer>(
  { kubeletSocket: socketPath }: NodeLayout,
  path: string,
): Promise<Answer | undefined> {
  let answer: HttpAnswer;
  try {
    answer = await http({ socketPath }, { path, timeoutMs: askTimeoutMs });
  } catch {
    return undefined;
  }
  const { status, body } = answer;
  if (status !== 200) throw new Error(`the kubelet answered ${path} with ${status}: ${body.trim()}`);
  return JSON.parse(body) as Answer;
}

/**
 * The pods of this node with their statuses.
 * @throws UserError when no kubelet answers
 */
export async function podsOf(layout: NodeLayout): Promise<v1.Pod[]> {
  const pods = await kubeletPods(layout);
  if (pods !== undefined) return pods;
  const { kubeletSocket } = layout;
  throw new UserError(
    (await reach(kubeletSocket)) === 'forbidden'
      ? `permission denied at ${kubeletSocket}: the kubelet answers root only; run the command with sudo`
      : `the kubelet does not answer at ${kubeletSocket}; start it with: berth up`,
  );
}

/**
 * The events of a pod, in the order of their last occurrences; undefined from a kubelet that does not serve them.
 * @param pod its namespace/name on this node
 */
export async function podEvents(
  { kubeletSocket: socketPath }: NodeLayout,
  pod: string,
): Promise<v1.Event[] | undefined> {
  const path = `/events?pod=${encodeURIComponent(pod)}`;
  const { status, body } = await http({ socketPath }, { path, timeoutMs: askTimeoutMs });
  if (status !== 200) return undefined;
  // The kubelet's own type, as of its pods.
  return (JSON.parse(body) as v1.EventList).items;
}

/**
 * Has the kubelet end a pod and start it again. Returns once it has recorded that.
 * @param pod its namespace/name on this node
 * @throws UserError with the reason when it does not
 */
export async function restartPod({ kubeletSocket: socketPath }: NodeLayout, pod: string): Promise<void> {
  const path = `/restart?pod=${encodeURIComponent(pod)}`;
  const { status, body } = await http({ socketPath }, { method: 'POST', path, timeoutMs: askTimeoutMs });
  if (status !== 202) throw new UserError(body.trim());
}

/**
 * Ensures that a healthy kubelet runs; starts Berth's if none answers.
 * @throws UserError with the end of its log
 */
export async function ensureKubelet(layout: NodeLayout): Promise<void> {
  const isHealthy = async () => (await kubeletHealth(layout)) === 'healthy';
  if (await isHealthy()) return;
  // Keep an existing directory and its mode: it belongs to the user.
  if (!existsSync(layout.manifestDir)) makePrivateDirectory(layout.manifestDir);
  const args = [
    `--container-runtime-endpoint=${layout.socket}`,
    `--pod-manifest-path=${layout.manifestDir}`,
    ...layout.kubeletArgs,
  ];
  await startDaemon(layout, 'kubelet', args, isHealthy, startTimeoutMs);
}
