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
}

/** A Secret with `data` decoded and `stringData` merged. */
export interface Secret extends ConfigMap {
  /** For example `Opaque` or `kubernetes.io/dockerconfigjson`. */
  type: string;
}
