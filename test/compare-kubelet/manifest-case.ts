// One case: manifests that both kubelets get, and when there is nothing more to wait for.

/** A pod as /pods has it. */
export interface ListedPod {
  metadata: { name: string; namespace: string; uid: string };
  spec: { containers: readonly { name: string }[]; [field: string]: unknown };
  status: ListedStatus;
}

export interface ListedStatus {
  phase?: string;
  reason?: string;
  podIP?: string;
  podIPs?: readonly { ip: string }[];
  conditions?: readonly { type: string; status: string }[];
  initContainerStatuses?: readonly ListedContainer[];
  containerStatuses?: readonly ListedContainer[];
  ephemeralContainerStatuses?: readonly ListedContainer[];
  [field: string]: unknown;
}

export interface ListedContainer {
  name: string;
  ready?: boolean;
  restartCount?: number;
  containerID?: string;
  lastState?: { terminated?: { containerID?: string } };
  state?: {
    waiting?: { reason?: string };
    running?: object;
    terminated?: { exitCode: number };
  };
}

/** Whether a pod has come as far as the case wants to look at it. */
export type Settled = (pod: ListedPod) => boolean;

export interface ManifestCase {
  /** The group's name; `group: name` is the case's. */
  group: string;
  /** What it is about. */
  name: string;
  /** The name of its pod, without the node's. */
  pod: string;
  manifest: object;
  settled: Settled;
  /** How long it has to stay so, in milliseconds. */
  holdMs?: number;
  /** Looked at after so many milliseconds as it is: one of the kubelets or runtimes never gets there. */
  upToMs?: number;
  /** It does not stay settled for long. */
  fleeting?: boolean;
  /** Runs with others of the same word alone, when the rest is gone: it competes for what the node has. */
  alone?: string;
  /** Replaces the manifest once the pod has settled; the pod is looked at again. */
  edit?: { manifest: object; settled: Settled };
  /** Further manifests, by the names of their files; they are there first. */
  beside?: Readonly<Record<string, object>>;
}

/** The whole name of a case, for reports and patterns. */
export function caseName({ group, name }: { group: string; name: string }): string {
  return `${group}: ${name}`;
}

/** All containers of a pod in the order of /pods. */
export function containersOf({ status }: ListedPod): ListedContainer[] {
  return [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
}
