// What the strategies for ConfigMaps and Secrets of the API server have in common.
import type { Pod } from '../../api/pod.ts';
import type { ServerObjects } from '../../objects/joined-objects.ts';
import type { ObjectRef } from '../../objects/objects.ts';

/** The ConfigMaps and Secrets that pods of the API server refer to. Reads are of memory. */
export interface ReferredObjects extends ServerObjects {
  /** Sets the pods of the API server that are not over: what they refer to is kept. */
  setPods(pods: readonly Pod[]): void;
  /** Resolves when what the pod refers to is in memory, as new as the strategy has it, or cannot be had in time. */
  load(pod: Pod): Promise<void>;
  stop(): void;
}

/** Called with the objects that appeared, changed or went. */
export type OnObjects = (changed: readonly ObjectRef[]) => void;

/** How long a pod waits for what it refers to, as in Kubernetes. */
export const maxWaitMs = 1000;

/** Why an object cannot be read: the server has not answered yet. */
export function notSynced(kind: ObjectRef['kind']): Error {
  return new Error(`failed to sync ${kind.toLowerCase()} cache: timed out waiting for the condition`);
}
