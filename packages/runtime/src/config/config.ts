import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import type { LogFormat, LogLevel } from '../logging/log.ts';
import type { MetricGroup } from './pod-metric-groups.ts';

/** An OCI runtime behind a runtime handler, which a RuntimeClass names. */
export interface RuntimeOptions {
  /** Its program; a bare name is looked up in PATH. */
  readonly path: string;
  /** Options that precede every command, such as runsc's `--platform=kvm`. */
  readonly args: readonly string[];
  /**
   * Annotations of pods that the runtime gets to see in config.json: names, or prefixes that end in `*`. Undefined: for
   * crun and runc all but those that are orders, for others none.
   */
  readonly podAnnotations: readonly string[] | undefined;
  /** The same for annotations of containers. */
  readonly containerAnnotations: readonly string[] | undefined;
  /** Whether a privileged container gets none of the host's devices but those that it asks for. */
  readonly privilegedWithoutHostDevices: boolean;
}

/** Everything about berthd that can be set. Two daemons live side by side when no path is shared. */
export interface Config {
  /** Path of the CRI socket. */
  readonly listen: string;
  /** Directory of what survives a reboot: images, container layers, the database. */
  readonly root: string;
  /** Directory of what need not: sandboxes, bundles, exit files. A tmpfs is best. */
  readonly state: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Who makes cgroups: berthd and the OCI runtime by mkdir, or systemd as slices and scopes. */
  readonly cgroupDriver: CgroupDriverName;
  /** Cgroup of pods whose request names none, for example crictl's. */
  readonly cgroupParent: string;
  /** Name of the runtime handler that pods get which ask for none; undefined: the first that works here. */
  readonly defaultRuntime: string | undefined;
  /** OCI runtimes by runtime handler name. */
  readonly runtimes: Readonly<Record<string, RuntimeOptions>>;
  /** Path of conmon; a bare name is looked up in PATH. The same holds for the two below and for runtimes. */
  readonly conmon: string;
  /** The init of pods that share a PID namespace. */
  readonly init: string;
  /** Kernel parameters of pods' own network, IPC and UTS namespaces, unless a pod sets the same. */
  readonly defaultSysctls: Readonly<Record<string, string>>;
  readonly cni: {
    readonly confDir: string;
    readonly pluginDirs: readonly string[];
    readonly cacheDir: string;
    /**
     * Template of a conflist that UpdateRuntimeConfig renders with the node's pod CIDR; with one berthd brings no
     * network of its own.
     */
    readonly confTemplate?: string | undefined;
    /** A plugin that takes longer is killed, and its pod fails. */
    readonly timeoutSeconds: number;
  };
  readonly cdi: {
    /** Directories of CDI specifications; a device of a later one goes before. */
    readonly specDirs: readonly string[];
  };
  readonly registry: {
    /** Directory of HOST/hosts.toml files, as containerd's certs.d. */
    readonly configDir: string;
    /**
     * Docker config.json files with credentials for pulls that bring none; the first that has some for a server
     * counts. Those that do not exist are passed over. Without any it is `auth.json` beside `configDir`.
     */
    readonly authFiles: readonly string[];
  };
  readonly image: {
    /** Most bytes that one unpacked layer may have. */
    readonly maxLayerBytes: number;
    /** Most files that one unpacked layer may have. */
    readonly maxLayerFiles: number;
    /** Most bytes that all unpacked layers of an image may have together, and the whole of an archive of images. */
    readonly maxImageBytes: number;
    /** Names of images that a kubelet is to keep when it frees space; `*` stands for any characters. */
    readonly pinned: readonly string[];
  };
  /** The server that clients of exec, attach and port-forward are sent to. */
  readonly streaming: {
    /** Address that it listens on and that its URLs name. */
    readonly address: string;
    /** 0 takes any free port. */
    readonly port: number;
    /** Certificate and key in PEM; with them it serves HTTPS. */
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
    /** Authorities in PEM, one of which has to have signed the certificate of every client. */
    readonly clientCaFile?: string | undefined;
    /** A connection without a byte in either direction is closed. */
    readonly idleTimeoutSeconds: number;
  };
  readonly checkpoint: {
    /** Whether containers may be made from checkpoints: archives, and images that say that they are one. */
    readonly restore: boolean;
  };
  readonly stats: {
    /** Groups of metrics that ListPodSandboxMetrics tells; `all` alone stands for every group. */
    readonly includedPodMetrics: readonly (MetricGroup | 'all')[];
  };
  readonly tracing: {
    /** Where spans go by OTLP over gRPC, such as `127.0.0.1:4317`; undefined: no tracing. */
    readonly endpoint: string | undefined;
    /** Of a million calls whose caller does not decide, how many are traced. */
    readonly samplingRatePerMillion: number;
  };
}

export const defaultConfigPath = '/etc/berth/config.yaml';

/** What a runtime handler is of which only the program is set. */
export function plainRuntime(path: string): RuntimeOptions {
  return {
    path,
    args: [],
    podAnnotations: undefined,
    containerAnnotations: undefined,
    privilegedWithoutHostDevices: false,
  };
}

export const defaultConfig: Config = {
  listen: '/run/berth/berth.sock',
  root: '/var/lib/berth',
  state: '/run/berth',
  logLevel: 'info',
  logFormat: 'text',
  cgroupDriver: 'cgroupfs',
  cgroupParent: '/berth',
  defaultRuntime: undefined,
  runtimes: { crun: plainRuntime('crun'), runc: plainRuntime('runc') },
  conmon: 'conmon',
  init: 'catatonit',
  // As containerd has it: any user of a pod listens on any port, and pings.
  defaultSysctls: {
    'net.ipv4.ip_unprivileged_port_start': '0',
    'net.ipv4.ping_group_range': '0 2147483647',
  },
  cni: {
    confDir: '/etc/cni/net.d',
    pluginDirs: ['/opt/cni/bin', '/usr/lib/cni'],
    cacheDir: '/var/lib/cni',
    timeoutSeconds: 60,
  },
  streaming: { address: '127.0.0.1', port: 0, idleTimeoutSeconds: 4 * 60 * 60 },
  cdi: { specDirs: ['/etc/cdi', '/var/run/cdi'] },
  registry: { configDir: '/etc/berth/certs.d', authFiles: [] },
  image: {
    maxLayerBytes: 64 * 1024 ** 3,
    maxLayerFiles: 5_000_000,
    maxImageBytes: 128 * 1024 ** 3,
    pinned: [],
  },
  checkpoint: { restore: false },
  stats: { includedPodMetrics: [] },
  tracing: { endpoint: undefined, samplingRatePerMillion: 1_000_000 },
};

/** Where systemd makes cgroups, pods that name none go into a slice, unless another was chosen. */
export function withCgroupParent(config: Config): Config {
  const isDefault = config.cgroupParent === defaultConfig.cgroupParent;
  return config.cgroupDriver === 'systemd' && isDefault
    ? { ...config, cgroupParent: '/berth.slice' }
    : config;
}
