// Interfaces between CreateContainer and what a container is created from: an image, or a checkpoint.

import type { ImageRootfs } from '../image/rootfs.ts';
import type { Warn } from '../rpc/warn.ts';
import type { SelinuxLabels } from '../spec/selinux.ts';
import type { Container } from '../state/container.ts';
import type { ContainerId } from '../state/ids.ts';
import type { Sandbox } from '../state/sandbox.ts';
import type { ImageVolume } from './image-volumes.ts';

/** A container that is being created. */
export interface Creation {
  /** Name in log lines: `namespace/pod/container`. */
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly container: Container & { readonly state: { readonly phase: 'creating' } };
  readonly image: ImageRootfs;
  readonly volumes: readonly ImageVolume[];
  readonly selinux: SelinuxLabels | undefined;
  readonly warn: Warn;
  /** Aborts when the caller disconnects or the sandbox is being stopped. */
  readonly signal: AbortSignal;
}

/** What a container is created from: its image (image-source.ts) or a checkpoint (checkpoint/checkpoint-source.ts). */
export interface ContainerSource {
  /** Name of the image that the container's root file system starts from. */
  readonly image: string;
  /** Runs all steps of a creation and records the container as created. On failure the caller rolls back. */
  create(creation: Creation): Promise<void>;
}

/** Operations on containers that come from checkpoints, implemented by checkpoint/restores.ts. */
export interface ContainerRestores {
  /** The source of a container whose `image` names a checkpoint; undefined for the name of an ordinary image. */
  sourceOf(image: string, sandbox: Sandbox): Promise<ContainerSource | undefined>;
  /** StartContainer of a container from a checkpoint, called in the container's queue. */
  start(container: Container, options: { runtime: string; signal: AbortSignal }): Promise<void>;
  /** Ends a container that waits to be restored, or is being restored. */
  giveUp(id: ContainerId): Promise<void>;
}
