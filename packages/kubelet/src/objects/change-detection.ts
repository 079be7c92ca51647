// How a kubelet learns that a ConfigMap or Secret of the API server has changed.
// https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
import type { NodeObject } from './types.ts';

/** The values of configMapAndSecretChangeDetectionStrategy. */
export const changeDetections = ['Watch', 'Cache', 'Get'] as const;

/** One of them. */
export type ChangeDetection = (typeof changeDetections)[number];

/** How long the strategy Cache keeps an object, unless the node says otherwise. */
export const defaultTtlMs = 60_000;

/** The annotation by which the cluster gives nodes another time; larger clusters have longer ones. */
export const ttlAnnotation = 'node.alpha.kubernetes.io/ttl';

/** How long the strategy Cache keeps an object on a node with these annotations. */
export function cacheTtlMs(annotations: Readonly<Record<string, string>> = {}): number {
  const text = annotations[ttlAnnotation] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : defaultTtlMs;
}

/** Whether two versions of one object differ; undefined: there is none. */
export function isOtherVersion(before: NodeObject | undefined, after: NodeObject | undefined): boolean {
  return before?.object.resourceVersion !== after?.object.resourceVersion;
}
