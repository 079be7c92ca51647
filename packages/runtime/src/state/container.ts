// The type of a stored container and the phases of its life.

import type { ContainerConfig, LinuxContainerUser } from '@berth/cri/generated/api.ts';
import type { ContainerId, SandboxId } from './ids.ts';
import type { ContainerProcesses } from './process-ref.ts';

/** How a container ended. Times are nanoseconds since 1970. */
export interface ContainerExit {
  /** 0 when it never started. */
  readonly startedAt: bigint;
  readonly finishedAt: bigint;
  /** 128 + n when signal n ended the process. */
  readonly exitCode: number;
  /** Completed, Error or OOMKilled, as in other runtimes. */
  readonly reason: string;
  /** Details for people; mostly empty. */
  readonly message: string;
}

/**
 * A container's phase. `creating`, `starting`, `restoring` and `removing` are intents, written before the work
 * begins: after a crash, recovery undoes creations, inspects the machine to settle starts and restores, and finishes
 * removals.
 */
export type ContainerState =
  | { readonly phase: 'creating' }
  /** Created from a checkpoint: its start creates its processes. */
  | { readonly phase: 'restorable' }
  | { readonly phase: 'restoring' }
  | { readonly phase: 'created'; readonly processes: ContainerProcesses }
  | { readonly phase: 'starting'; readonly processes: ContainerProcesses }
  | { readonly phase: 'running'; readonly processes: ContainerProcesses; readonly startedAt: bigint }
  | { readonly phase: 'exited'; readonly exit: ContainerExit }
  | { readonly phase: 'removing'; readonly exit: ContainerExit };

/** A container. Immutable: the store replaces it when its state changes. */
export interface Container {
  readonly id: ContainerId;
  readonly sandboxId: SandboxId;
  /** Reserved name, unique among containers. */
  readonly name: string;
  readonly config: ContainerConfig;
  /** Id of the image: the digest of its config. */
  readonly imageId: string;
  /** Ids of the images that are mounted into it. */
  readonly volumeImages: readonly string[];
  /** `imageRef` of the container's status: a repo digest, or the id of an image without one. */
  readonly imageRef: string;
  /** The image's display name: the user's, or one of its tags. */
  readonly imageName: string;
  /** Number of the stop signal, resolved from the request and the image. */
  readonly stopSignal: number;
  /** Absolute path of the log file; '' when the container does not log. */
  readonly logPath: string;
  /** Cgroup of the container, relative to the cgroup root. */
  readonly cgroup: string;
  /** Nanoseconds since 1970. */
  readonly createdAt: bigint;
  /** The user that its first process runs as; undefined until it has been looked up in the image. */
  readonly user: LinuxContainerUser | undefined;
  readonly state: ContainerState;
}

/** Whether a container from a checkpoint has no processes yet. */
export function isUnrestored({ state }: Container): boolean {
  return state.phase === 'restorable' || state.phase === 'restoring';
}

/** The container's processes while they exist, also before its start; else undefined. */
export function processesOf(container: Container): ContainerProcesses | undefined {
  return 'processes' in container.state ? container.state.processes : undefined;
}
