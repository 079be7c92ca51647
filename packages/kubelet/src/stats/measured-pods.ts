// The pods in the runtime, and the cgroups in which their usage is read.
import type { Cgroups } from '@berth/linux/cgroups/cgroups.ts';
import type { Pod } from '../api/pod.ts';
import { containerCgroups } from '../cgroups/container-cgroups.ts';
import type { PodRuntimeStatus, RuntimeContainer } from '../kubecontainer/runtime-status.ts';

/** A pod in the runtime, with its specification unless it is an orphan. */
export interface RuntimePod {
  readonly pod: Pod | undefined;
  readonly status: PodRuntimeStatus;
}

/** A pod with a sandbox, and where its usage is read. */
export interface MeasuredPod extends RuntimePod {
  /** Containers that run, the oldest first. */
  readonly running: readonly RuntimeContainer[];
  /** Path of the pod's own cgroup; undefined when pods have none. */
  readonly cgroup: string | undefined;
  /** Paths of the cgroups of containers and sandboxes by id. */
  readonly cgroups: ReadonlyMap<string, string>;
}

/** What finding them uses. */
export interface MeasuredPodsPorts {
  /** Every pod that the kubelet runs. */
  runtimePods(): readonly RuntimePod[];
  /** Path of the pod's own cgroup; undefined when pods have none. */
  podCgroup(uid: string): string | undefined;
}

/** Every pod that has a sandbox. */
export function measuredPods(
  { runtimePods, podCgroup }: MeasuredPodsPorts,
  cgroups: Pick<Cgroups, 'directory'>,
): MeasuredPod[] {
  return runtimePods().flatMap(({ pod, status }) => {
    if (status.sandboxes.length === 0) return [];
    const cgroup = podCgroup(status.uid);
    return [
      {
        pod,
        status,
        running: status.containers.filter(({ state }) => state === 'running').reverse(),
        cgroup,
        cgroups: cgroup === undefined ? new Map() : containerCgroups(cgroups, cgroup),
      },
    ];
  });
}
