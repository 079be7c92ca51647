// The part of the kubelet that runs pods: told what pods this node wants, it makes the runtime agree.
import type { CriClient } from '@berth/cri/client/client.ts';
import type { Pod, PodStatus } from './api/pod.ts';
import type { KubeletOptions } from './options/kubelet-options.ts';

/** A pod as `/pods` shows it: what was asked for, and how it is. */
export type PodWithStatus = Pod & { status: PodStatus };

/** What runs pods through one CRI endpoint. */
export interface Kubelet {
  /**
   * The whole set of pods that this node shall run from now on; each UID is one version of a pod. Returns at
   * once. The first call also ends pods that an earlier kubelet left in the runtime and that are wanted no more.
   */
  setPods(pods: Pod[]): void;
  /** Every pod that is wanted or still ends, with its newest status, as JSON-ready objects. */
  pods(): PodWithStatus[];
  /** True while the runtime answers; false lets `/healthz` say so. */
  runtimeReady(): boolean;
  /** Stops to act. Pods keep running, and the next kubelet adopts them. */
  stop(): Promise<void>;
}

/** What a kubelet is made of. */
export interface KubeletDependencies {
  cri: CriClient;
  /** Where images come from when it is not the runtime's own socket. */
  imageCri?: CriClient;
  options: KubeletOptions;
}
