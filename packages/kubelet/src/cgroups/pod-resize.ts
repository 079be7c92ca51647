// Decides how the settings of a pod's cgroup change when the pod is resized: before its containers where they grow, and
// after them where they shrink, so that no container has more than its pod. Pure.
import type { CgroupLimits } from './pod-resources.ts';

/** Settings as the kernel has them. */
export interface PresentLimits {
  cpuShares: number;
  /** Microseconds in each period; undefined: no limit. */
  cpuQuota: number | undefined;
  /** Bytes; undefined: no limit. */
  memoryLimit: bigint | undefined;
}

/** Settings to apply before and after the containers of the pod, each in this order. */
export interface PodResize {
  before: Partial<CgroupLimits>[];
  after: Partial<CgroupLimits>[];
}

/** The changes of memory. A limit that is no longer wanted stays, as in the real kubelet. */
export function memoryResize(present: PresentLimits, wanted: CgroupLimits): PodResize {
  const { memoryLimit, unified } = wanted;
  if (memoryLimit === undefined) return { before: [], after: [] };
  return placed([
    {
      change: orderOf(present.memoryLimit, memoryLimit),
      settings: { memoryLimit, ...(unified && { unified }) },
    },
  ]);
}

/** The changes of CPU, likewise. Limits grow before requests and shrink after them: no request is above its limit. */
export function cpuResize(present: PresentLimits, wanted: CgroupLimits): PodResize {
  const { cpuShares, cpuQuota, cpuPeriod } = wanted;
  const quota =
    cpuQuota === undefined
      ? []
      : [
          {
            change: orderOf(present.cpuQuota, cpuQuota <= 0 ? undefined : cpuQuota),
            settings: { cpuQuota, ...(cpuPeriod !== undefined && { cpuPeriod }) },
          },
        ];
  const shares = { change: orderOf(present.cpuShares, cpuShares), settings: { cpuShares } };
  const { before } = placed([...quota, shares]);
  const { after } = placed([shares, ...quota]);
  return { before, after };
}

type Change = 'grows' | 'shrinks' | 'none';

/** Undefined is no limit, which is above every limit. */
function orderOf<Amount extends number | bigint>(
  present: Amount | undefined,
  wanted: Amount | undefined,
): Change {
  if (present === wanted) return 'none';
  if (wanted === undefined) return 'grows';
  return present === undefined || wanted < present ? 'shrinks' : 'grows';
}

function placed(parts: readonly { change: Change; settings: Partial<CgroupLimits> }[]): PodResize {
  const those = (wanted: Change): Partial<CgroupLimits>[] =>
    parts.filter(({ change }) => change === wanted).map(({ settings }) => settings);
  return { before: those('grows'), after: those('shrinks') };
}
