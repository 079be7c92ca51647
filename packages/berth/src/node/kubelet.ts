import { mkdirSync } from 'node:fs';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { ensureDaemon } from './daemon.ts';
import type { NodeLayout } from './layout.ts';

const START_TIMEOUT_MS = 15_000;
const ASK_TIMEOUT_MS = 5_000;

/** What the kubelet's read-only API says of its health; `absent` when nothing answers. */
export async function kubeletHealth({ kubeletUrl }: NodeLayout): Promise<'healthy' | 'unhealthy' | 'absent'> {
  try {
    const response = await fetch(`${kubeletUrl}/healthz`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return response.ok ? 'healthy' : 'unhealthy';
  } catch {
    return 'absent';
  }
}

/**
 * The pods of this node with their statuses, or undefined when no kubelet answers.
 * @throws when it answers with anything else than a list of pods
 */
export async function kubeletPods({ kubeletUrl }: NodeLayout): Promise<v1.Pod[] | undefined> {
  let response: Response;
  try {
    response = await fetch(`${kubeletUrl}/pods`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  } catch {
    return undefined;
  }
  if (!response.ok) throw new Error(`${kubeletUrl}/pods answered ${response.status} ${response.statusText}`);
  // The kubelet's own type, from a server on this machine that we trust with it.
  const list = (await response.json()) as v1.PodList;
  return list.items ?? [];
}

/**
 * Makes sure that a healthy kubelet runs, starting ours if none answers.
 * @throws UserError with the end of its log
 */
export async function ensureKubelet(layout: NodeLayout): Promise<void> {
  const isHealthy = async () => (await kubeletHealth(layout)) === 'healthy';
  if (await isHealthy()) return;
  mkdirSync(layout.manifestDir, { recursive: true });
  const args = [
    `--container-runtime-endpoint=${layout.socket}`,
    `--pod-manifest-path=${layout.manifestDir}`,
    ...layout.kubeletArgs,
  ];
  await ensureDaemon(layout, 'kubelet', args, isHealthy, START_TIMEOUT_MS);
}
