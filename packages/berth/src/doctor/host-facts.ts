// What the checks of host-checks.ts judge, as data.

/** A TCP port that a process listens on. */
export interface TakenPort {
  readonly port: number;
  /** The process, as far as this user may see it. */
  readonly owner: { readonly pid: number; readonly command: string } | undefined;
}

/** A file of the CNI configuration directory. */
export interface NetworkFile {
  readonly file: string;
  readonly name: string;
  /** Why berthd skips it. */
  readonly problem: string | undefined;
  /** The bridges that its plugins make. */
  readonly bridges: readonly string[];
}

/** What was read from this machine. */
export interface HostFacts {
  /** The error in config.yaml. */
  readonly settingsProblem: string | undefined;
  readonly takenPorts: readonly TakenPort[];
  /** Whether a kubelet answers in the root directory of this node's. */
  readonly kubeletAnswers: boolean;
  /** /proc/swaps. */
  readonly swaps: string;
  readonly networks: readonly NetworkFile[] | { readonly problem: string };
  readonly cniConfDir: string;
  /** Network interfaces by name. */
  readonly interfaces: readonly string[];
  /** Other container runtimes whose sockets accept connections. */
  readonly runtimes: readonly { readonly name: string; readonly socket: string }[];
  /** Kubelets that are not this node's. */
  readonly otherKubelets: readonly number[];
  readonly cgroupVersion: string | undefined;
  readonly cgroupDriver: string;
  readonly isSystemd: boolean;
  readonly appArmor: { readonly enabled: boolean; readonly canList: boolean };
  readonly kernel: {
    readonly release: string;
    readonly hasSeccomp: boolean;
    /** The most user namespaces; undefined where the kernel has none. */
    readonly userNamespaces: number | undefined;
  };
  /** The directories that the node writes to, and the error of writing there. */
  readonly directories: readonly { readonly path: string; readonly problem: string | undefined }[];
}
