// Refuses to lower a memory limit below what is used: the kernel would kill processes at once.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { PodCgroups } from '../../cgroups/pod-cgroups.ts';
import type { ContainerResize } from '../actions/actions.ts';

/** Throws when the pod, or one of the containers whose memory changes, uses as much as its new and lower limit. */
export async function refuseMemoryInUse(
  resizes: readonly ContainerResize[],
  pod: ReturnType<PodCgroups['sizes']>,
  runtime: Pick<RuntimeClient, 'containerStats'>,
): Promise<void> {
  const problems: string[] = [];
  const limit = pod?.wanted.memoryLimit;
  const present = pod?.present.memoryLimit;
  if (pod && limit !== undefined && (present === undefined || limit < present) && pod.usedBytes >= limit) {
    problems.push(`attempting to set pod memory limit (${limit}) below current usage (${pod.usedBytes})`);
  }
  for (const { id, name, from, to } of resizes) {
    if (to.memoryLimit === 0 || (from.memoryLimit !== 0 && to.memoryLimit >= from.memoryLimit)) continue;
    const { stats } = await runtime.containerStats({ containerId: id });
    const used = stats?.memory?.usageBytes?.value;
    if (used === undefined) problems.push(`missing container ${JSON.stringify(name)} memory usage`);
    else if (used >= BigInt(to.memoryLimit)) {
      problems.push(
        `attempting to set container ${JSON.stringify(name)} memory limit (${to.memoryLimit}) below current usage (${used})`,
      );
    }
  }
  const [first] = problems;
  if (first === undefined) return;
  throw new Error(
    `cannot decrease memory limits: ${problems.length > 1 ? `[${problems.join(', ')}]` : first}`,
  );
}
