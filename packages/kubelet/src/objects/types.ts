// ConfigMap and Secret as the kubelet uses them, after validation: values are bytes.

/** A ConfigMap with `data` and `binaryData` merged. */
export interface ConfigMap {
  namespace: string;
  name: string;
  /** Changes with each new content. */
  resourceVersion: string;
  immutable: boolean;
  /** Values by key. */
  data: ReadonlyMap<string, Buffer>;
  /** The keys of `binaryData`, which no environment variable takes; absent: none. */
  binaryKeys?: ReadonlySet<string>;
}

/** A Secret with `data` decoded and `stringData` merged. */
export interface Secret {
  namespace: string;
  name: string;
  /** Changes with each new content. */
  resourceVersion: string;
  immutable: boolean;
  /** Values by key. */
  data: ReadonlyMap<string, Buffer>;
  /** For example `Opaque` or `kubernetes.io/dockerconfigjson`. */
  type: string;
}

/** An object with its kind, as a manifest has it. */
export type NodeObject = { kind: 'ConfigMap'; object: ConfigMap } | { kind: 'Secret'; object: Secret };
