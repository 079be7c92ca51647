// The kubelet of this node, over the socket in its root directory.
import { existsSync } from 'node:fs';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { ensureDaemon } from './daemon.ts';
import { type HttpAnswer, http } from './http.ts';
import type { NodeLayout } from './layout.ts';

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
export async function kubeletPods({ kubeletSocket: socketPath }: NodeLayout): Promise<v1.Pod[] | undefined> {
  let answer: HttpAnswer;
  try {
    answer = await http({ socketPath }, { path: '/pods', timeoutMs: askTimeoutMs });
  } catch {
    return undefined;
  }
  const { status, body } = answer;
  if (status !== 200) throw new Error(`the kubelet answered /pods with ${status}: ${body.trim()}`);
  // The kubelet's own type, from a server on this machine that we trust with it.
  const list = JSON.parse(body) as v1.PodList;
  return list.items ?? [];
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
  await ensureDaemon(layout, 'kubelet', args, isHealthy, startTimeoutMs);
}
