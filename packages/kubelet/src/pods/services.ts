// What carrying out a pod's steps needs, made once and shared by all pods.

import type { Semaphore } from '@berth/common/semaphore.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Backoff } from '../backoff/backoff.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { RuntimePods } from '../kuberuntime/runtime-pods.ts';
import type { NodeCapacity } from '../node/node-capacity.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import type { MemoryVolumes } from '../volumes/plugins/empty-dir.ts';

/** The kubelet's parts below the pod workers. */
export interface Services {
  options: KubeletOptions;
  runtime: RuntimeClient;
  /** What the runtime calls itself: the scheme of container ids. */
  runtimeName: string;
  /** Whether the runtime knows `supplementalGroupsPolicy`; an older one would ignore Strict. */
  hasGroupsPolicy: boolean;
  pods: RuntimePods;
  images: ImageManager;
  cgroups: PodCgroups;
  /** Waits of crashing containers, by `UID/name`. */
  crashBackoff: Backoff;
  /** Bounds how many sandboxes and containers are being made at a time. */
  creations: Semaphore;
  capacity: NodeCapacity;
  memoryVolumes: MemoryVolumes;
}
