// A workload of Kubernetes: what makes pods of a template. On one node it is expanded to its pods.
import type { FieldError } from '@berth/kubelet/api/field-error.ts';
import type { JsonObject } from '@berth/kubelet/api/pod-shape.ts';

/** The pods of a workload, or why there are none. */
export interface Expansion {
  /** Complete manifests of pods, apiVersion and kind included. */
  readonly pods: readonly JsonObject[];
  readonly errors: readonly FieldError[];
  /** What is otherwise than in a cluster, one sentence each, with the path of the field. */
  readonly notes: readonly string[];
}

/** What a kind of workload makes of its fields. */
export interface WorkloadKind {
  readonly apiVersion: 'apps/v1' | 'batch/v1';
  /** The fields of its spec, beside the template. A rule judges a value that is not null. */
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** The restart policies that its template may have. */
  readonly restartPolicies: readonly string[];
  /** Whether it has a selector of its own, which must match the template's labels. */
  readonly hasSelector: boolean;
  /** What is wrong with fields together, each of which is valid. */
  errors?(spec: JsonObject): readonly FieldError[];
  /** Its pods: names and what else each has of its own. The fields are valid. */
  pods(name: string, spec: JsonObject): readonly PodOfWorkload[];
  /** What to tell whatever fields are set. */
  notes?(spec: JsonObject): readonly string[];
}

/** What a pod has beside the template. */
export interface PodOfWorkload {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Fields of its spec, instead of the template's. */
  readonly spec?: JsonObject;
}

/** Judges the value of a field at `path`. */
export type FieldRule = (value: unknown, path: string) => RuleResult;

/** What a rule finds. */
export interface RuleResult {
  readonly errors?: readonly FieldError[];
  readonly notes?: readonly string[];
}
