// The types and defaults of berthd's settings. parse.ts reads them from config.yaml.

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
   * Annotations of pods that the runtime sees in config.json: names, or prefixes that end in `*`. Undefined: for
   * crun and runc all except those that instruct the runtime, for others none.
   */
  readonly podAnnotations: readonly string[] | undefined;
  /** The same for annotations of containers. */
  readonly containerAnnotations: readonly string[] | undefined;
  /** Whether a privileged container gets only the devices that it requests instead of all of the host's. */
  readonly privilegedWithoutHostDevices: boolean;
}

/** All settings of berthd. Two daemons can run side by side when they share no path. */
export interface Config {
  /** Path of the CRI socket. */
  readonly listen: string;
  /**
   * Group, by name or number, whose members may use the CRI socket; undefined: root only. Whoever may use the socket is
   * root on this machine: it starts privileged containers and mounts any directory.
   */
  readonly socketGroup: string | undefined;
  /** Directory of data that survives a reboot: images, container layers, the database. */
  readonly root: string;
  /** Directory of data that need not survive a reboot: sandboxes, bundles, exit files. Preferably a tmpfs. */
  readonly state: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /**
   * `cgroupfs`: berthd and the OCI runtime create cgroups with mkdir. `systemd`: systemd creates slices and scopes.
   */
  readonly cgroupDriver: CgroupDriverName;
  /** Cgroup of pods whose request names none, for example crictl's. */
  readonly cgroupParent: string;
  /** Runtime handler of pods that request none; undefined: the first handler that works here. */
  readonly defaultRuntime: string | undefined;
  /** OCI runtimes by runtime handler name. */
  readonly runtimes: Readonly<Record<string, RuntimeOptions>>;
  /** Path of conmon; a bare name is looked up in PATH. The same holds for `init` and for runtimes. */
  readonly conmon: string;
  /** The init of pods that share a PID namespace. */
  readonly init: string;
  /** Kernel parameters for pods' own network, IPC and UTS namespaces. A pod's own setting takes precedence. */
  readonly defaultSysctls: Readonly<Record<string, string>>;
  readonly cni: {
    readonly confDir: string;
    readonly pluginDirs: readonly string[];
    /** Whether berthd does what common configurations of the reference plugins ask for without running them. */
    readonly builtInPlugins: boolean;
    readonly cacheDir: string;
    /**
     * Template of a conflist that UpdateRuntimeConfig renders with the node's pod CIDR; when it is set, berthd writes
     * no default network.
     */
    readonly confTemplate?: string | undefined;
    /** Timeout of a plugin: berthd kills it and fails the request for its pod. */
    readonly timeoutSeconds: number;
  };
  readonly cdi: {
    /** Directories of CDI specifications; the last directory that defines a device wins. */
    readonly specDirs: readonly string[];
  };
  readonly registry: {
    /** Directory of HOST/hosts.toml files, as containerd's certs.d. */
    readonly configDir: string;
    /**
     * Docker config.json files with credentials for pulls whose request has none. The first file with an entry for
     * the registry is used. Missing files are skipped. Default: `auth.json` beside `configDir`.
     */
    readonly authFiles: readonly string[];
  };
  readonly image: {
    /** Maximum bytes of one unpacked layer. */
    readonly maxLayerBytes: number;
    /** Maximum number of files of one unpacked layer. */
    readonly maxLayerFiles: number;
    /** Maximum bytes of all unpacked layers of an image together, and of an archive of images. */
    readonly maxImageBytes: number;
    /** Names of images that the kubelet keeps when it frees disk space; `*` matches any characters. */
    readonly pinned: readonly string[];
  };
  /** The streaming server, to which the URLs of Exec, Attach and PortForward lead. */
  readonly streaming: {
    /** Address that it listens on and that its URLs name. */
    readonly address: string;
    /** 0 takes any free port. */
    readonly port: number;
    /** Certificate and key in PEM; when they are set, the server uses HTTPS. */
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
    /** CA certificates in PEM; every client needs a certificate that one of them signed. */
    readonly clientCaFile?: string | undefined;
    /** Seconds without a byte in either direction after which a connection is closed. */
    readonly idleTimeoutSeconds: number;
  };
  readonly checkpoint: {
    /** Whether containers may be created from checkpoints: archives, and images annotated as checkpoints. */
    readonly restore: boolean;
  };
  readonly stats: {
    /** Metric groups of ListPodSandboxMetrics; `all` alone stands for every group. */
    readonly includedPodMetrics: readonly (MetricGroup | 'all')[];
  };
  readonly tracing: {
    /** OTLP/gRPC endpoint for spans, such as `127.0.0.1:4317`; undefined: no tracing. */
    readonly endpoint: string | undefined;
    /** Sampled calls per million, among calls whose caller made no sampling decision. */
    readonly samplingRatePerMillion: number;
  };
}

export const defaultConfigPath = '/etc/berth/config.yaml';

/** A runtime handler with the given program and defaults for everything else. */
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
  socketGroup: undefined,
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
  // containerd's defaults: any user of a pod may listen on any port, and ping.
  defaultSysctls: {
    'net.ipv4.ip_unprivileged_port_start': '0',
    'net.ipv4.ping_group_range': '0 2147483647',
  },
  cni: {
    confDir: '/etc/cni/net.d',
    pluginDirs: ['/opt/cni/bin', '/usr/lib/cni'],
    builtInPlugins: true,
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

/** With the systemd driver the default parent is a slice. */
export function withCgroupParent(config: Config): Config {
  const isDefault = config.cgroupParent === defaultConfig.cgroupParent;
  return config.cgroupDriver === 'systemd' && isDefault
    ? { ...config, cgroupParent: '/berth.slice' }
    : config;
}
