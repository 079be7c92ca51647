// The events of a starting kubelet about its control groups.
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { EventRecorder } from '../events/event-recorder.ts';

const cgroupV1Warning =
  'cgroup v1 detected. cgroup v1 support is deprecated and will be removed in a future release. Please migrate to cgroup v2. More information at https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1';

/** Records that the pods' control groups have their limits, and a warning of version 1. */
export function tellCgroups(
  events: EventRecorder,
  { version }: Cgroups,
  { cgroupsPerQos }: { cgroupsPerQos: boolean },
): void {
  if (version !== 'v2') events.recordOfNode('Warning', 'CgroupV1', cgroupV1Warning);
  if (!cgroupsPerQos) return;
  events.recordOfNode('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
}
