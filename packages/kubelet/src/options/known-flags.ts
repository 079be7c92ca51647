// The flags of the real kubelet that take effect here, in the groups in which `--help` shows them.
import { ConfigurationError } from './kubelet-configuration.ts';
import { pressureFlags } from './pressure-flags.ts';
import { defaultText, fields, type Settings } from './settings.ts';

/** Values of the flags that have no configuration field. */
export interface KubeletFlags {
  /** Path of a KubeletConfiguration file. */
  config: string;
  /** Directory of files that change it; '' for none. */
  configDir: string;
  hostnameOverride: string;
  nodeIps: string[];
  /** Labels of the node beside the default ones. */
  nodeLabels: Readonly<Record<string, string>>;
  /** '' or `external`. */
  cloudProvider: string;
  rootDir: string;
  /** Directory of the kubelet's certificates; '' for pki in the root directory. */
  certDir: string;
  /** Path of the kubeconfig of the node; '' for a node without an API server. */
  kubeconfig: string;
  /** Path of a kubeconfig for a node without a certificate; '' for none. */
  bootstrapKubeconfig: string;
  /** File or directory of credential providers, and the directory of their programs; '' for none. */
  credentialProviderConfig: string;
  credentialProviderBinDir: string;
  adopt: boolean;
  version: boolean;
  help: boolean;
}

/** Defaults of these flags. */
export const defaultFlags: KubeletFlags = {
  config: '',
  configDir: '',
  hostnameOverride: '',
  nodeIps: [],
  nodeLabels: {},
  cloudProvider: '',
  rootDir: '/var/lib/kubelet',
  certDir: '',
  kubeconfig: '',
  bootstrapKubeconfig: '',
  credentialProviderConfig: '',
  credentialProviderBinDir: '',
  adopt: false,
  version: false,
  help: false,
};

/** A flag that takes effect: a configuration field, or a flag without one. */
export type KnownFlag = { name: string; help: string } & (
  | { setting: keyof Settings }
  | {
      isSwitch: boolean;
      read: (value: string, before: KubeletFlags) => Partial<KubeletFlags>;
      default?: string;
    }
);

/** The flags in the groups of `--help`. */
export const flagGroups: readonly { title: string; flags: readonly KnownFlag[] }[] = [
  {
    title: 'What to run',
    flags: [
      {
        name: 'config',
        isSwitch: false,
        read: (value) => ({ config: value }),
        help: 'File of kind KubeletConfiguration (v1beta1); flags win over it',
      },
      {
        name: 'config-dir',
        isSwitch: false,
        read: (value) => ({ configDir: value }),
        help: 'Directory of *.conf files that change it one after another',
      },
      setting('pod-manifest-path', 'staticPodPath', 'Directory (or one file) of static pods, watched'),
      setting('file-check-frequency', 'fileCheckFrequency', 'How often that is listed all the same'),
      setting('manifest-url', 'staticPodURL', 'URL of more static pods'),
      setting('manifest-url-header', 'staticPodURLHeader', 'Headers of its requests, as in a:one,b:two'),
      setting('http-check-frequency', 'httpCheckFrequency', 'How often that is asked'),
      {
        name: 'adopt',
        isSwitch: true,
        read: (value) => ({ adopt: value !== 'false' }),
        help: 'End every pod in the runtime that no manifest wants, those of other kubelets too',
      },
      setting('max-pods', 'maxPods', 'Most pods on this node'),
      setting('pods-per-core', 'podsPerCore', 'Most pods for each processor core; 0: no such limit'),
      setting('volume-plugin-dir', 'volumePluginDir', 'Directory of FlexVolume drivers'),
      setting(
        'container-log-max-size',
        'containerLogMaxSize',
        'Size at which a log is rotated; below 0: never',
      ),
      setting('container-log-max-files', 'containerLogMaxFiles', 'Most files of the logs of a container'),
      setting('sync-frequency', 'syncFrequency', 'How often pods are compared with the runtime all the same'),
    ],
  },
  {
    title: 'Container runtime',
    flags: [
      setting('container-runtime-endpoint', 'containerRuntimeEndpoint', 'Socket of the CRI runtime'),
      setting('image-service-endpoint', 'imageServiceEndpoint', 'Socket for images when it is another one'),
      setting('runtime-request-timeout', 'runtimeRequestTimeout', 'Deadline of every request but pulls'),
      setting('serialize-image-pulls', 'serializeImagePulls', 'Pull one image after the other'),
      setting('registry-qps', 'registryPullQPS', 'Pulls in a second, on average; 0: no limit'),
      setting('registry-burst', 'registryBurst', 'Pulls at once, within that limit'),
      {
        name: 'image-credential-provider-config',
        isSwitch: false,
        read: (value) => ({ credentialProviderConfig: value }),
        help: 'File, or directory of files, of kind CredentialProviderConfig',
      },
      {
        name: 'image-credential-provider-bin-dir',
        isSwitch: false,
        read: (value) => ({ credentialProviderBinDir: value }),
        help: 'Directory of the programs that it names',
      },
      setting('seccomp-default', 'seccompDefault', "The runtime's seccomp profile where pods name none"),
      setting('allowed-unsafe-sysctls', 'allowedUnsafeSysctls', 'More sysctls for pods, as in kernel.msg*'),
    ],
  },
  {
    title: 'Cgroups',
    flags: [
      setting(
        'cgroup-driver',
        'cgroupDriver',
        'cgroupfs or systemd, where the runtime does not tell its driver',
      ),
      setting('cgroup-root', 'cgroupRoot', 'Where kubepods is made'),
      setting('cgroups-per-qos', 'cgroupsPerQOS', 'A cgroup for each QoS class and pod'),
      setting('cpu-cfs-quota', 'cpuCFSQuota', 'Enforce CPU limits'),
      setting('cpu-cfs-quota-period', 'cpuCFSQuotaPeriod', 'Period of that quota'),
      setting('system-reserved', 'systemReserved', 'Resources that pods do not get, as in cpu=1,memory=1Gi'),
      setting('kube-reserved', 'kubeReserved', 'The same, for kubelet and runtime'),
      setting('eviction-hard', 'evictionHard', 'What is kept free of them'),
      setting(
        'enforce-node-allocatable',
        'enforceNodeAllocatable',
        'Limit all pods to the rest: pods, or none',
      ),
      setting('pod-max-pids', 'podPidsLimit', 'Most processes in a pod; -1 for no limit'),
      setting('fail-cgroupv1', 'failCgroupV1', 'Refuse hosts of cgroup v1'),
      setting('fail-swap-on', 'failSwapOn', 'Refuse hosts with swap'),
    ],
  },
  {
    title: 'Pressure',
    flags: pressureFlags.map(([name, field, help]) => setting(name, field, help)),
  },
  {
    title: 'API server',
    flags: [
      {
        name: 'kubeconfig',
        isSwitch: false,
        read: (value) => ({ kubeconfig: value }),
        help: 'Kubeconfig of the API server whose cluster the node joins; without it there is none',
      },
      {
        name: 'bootstrap-kubeconfig',
        isSwitch: false,
        read: (value) => ({ bootstrapKubeconfig: value }),
        help: 'Kubeconfig with which a node gets its first certificate, and --kubeconfig is written',
      },
      setting('kube-api-qps', 'kubeAPIQPS', 'Requests to it in a second, on average'),
      setting('kube-api-burst', 'kubeAPIBurst', 'Requests to it at once'),
      setting('kube-api-content-type', 'contentType', 'Accepted; requests are JSON'),
    ],
  },
  {
    title: 'Node and names',
    flags: [
      {
        name: 'hostname-override',
        isSwitch: false,
        read: (value) => ({ hostnameOverride: value }),
        help: "Name of the node instead of the host's",
      },
      {
        name: 'node-ip',
        isSwitch: false,
        read: (value) => ({ nodeIps: value === '' ? [] : value.split(',') }),
        help: "Addresses of the node instead of the default route's",
      },
      {
        name: 'node-labels',
        isSwitch: false,
        read: (value, { nodeLabels }) => ({ nodeLabels: { ...nodeLabels, ...labelsOf(value) } }),
        help: 'Labels of the node, as in a=b,example.com/c=d',
      },
      {
        name: 'cloud-provider',
        isSwitch: false,
        read: (value) => ({ cloudProvider: value }),
        help: 'external: a controller of the cloud provider sets addresses and takes the first taint away',
      },
      {
        name: 'root-dir',
        isSwitch: false,
        default: defaultFlags.rootDir,
        read: (value) => ({ rootDir: value }),
        help: 'Where volumes and pod folders live',
      },
      setting('register-node', 'registerNode', 'Make the node in the API'),
      setting(
        'register-with-taints',
        'registerWithTaints',
        'Taints of a new node, as in key=value:NoSchedule',
      ),
      setting('provider-id', 'providerID', "The node's id at the cloud provider"),
      setting(
        'node-status-update-frequency',
        'nodeStatusUpdateFrequency',
        'How often its status is computed',
      ),
      setting('node-status-max-images', 'nodeStatusMaxImages', 'Images that its status shows; -1: all'),
      setting(
        'enable-controller-attach-detach',
        'enableControllerAttachDetach',
        'Leave attaching volumes to a controller',
      ),
      setting('event-qps', 'eventRecordQPS', 'Events sent to the API server in a second; 0: no limit'),
      setting('event-burst', 'eventBurst', 'Events sent at once'),
      setting('pod-cidr', 'podCIDR', 'Addresses of pods that the runtime is told, without an API server'),
      setting('cluster-dns', 'clusterDNS', 'Name servers of pods with dnsPolicy ClusterFirst'),
      setting('cluster-domain', 'clusterDomain', 'Domain that those pods search'),
      setting('resolv-conf', 'resolvConf', 'Resolver configuration that the others get'),
    ],
  },
  {
    title: 'Server',
    flags: [
      setting('address', 'address', 'Where the secure and the read-only port listen'),
      setting('port', 'port', 'Everything by HTTPS, for authenticated clients; 0: off'),
      setting('enable-server', 'enableServer', 'Whether the secure and the read-only port are opened'),
      {
        name: 'cert-dir',
        isSwitch: false,
        read: (value) => ({ certDir: value }),
        help: 'Where certificates are made and kept (default pki in --root-dir)',
      },
      setting('tls-cert-file', 'tlsCertFile', 'Certificate of the secure port, with its chain'),
      setting('tls-private-key-file', 'tlsPrivateKeyFile', 'Key of that certificate'),
      setting('rotate-certificates', 'rotateCertificates', 'Renew the client certificate by the API server'),
      setting(
        'rotate-server-certificates',
        'serverTLSBootstrap',
        'Request the certificate of the secure port from the API server',
      ),
      setting('tls-min-version', 'tlsMinVersion', 'VersionTLS10 to VersionTLS13, by default VersionTLS12'),
      setting('tls-cipher-suites', 'tlsCipherSuites', "Suites before TLS 1.3, by Go's names"),
      setting('client-ca-file', 'clientCAFile', 'Authorities of clients that may use the secure port'),
      setting('anonymous-auth', 'anonymousAuth', 'Whether everybody else may use it too'),
      setting(
        'authentication-token-webhook',
        'webhookAuth',
        'Whether the API server is asked whose a token is',
      ),
      setting('authentication-token-webhook-cache-ttl', 'webhookCacheTTL', 'How long what it says counts'),
      setting('authorization-mode', 'authorizationMode', 'AlwaysAllow, or Webhook: the API server is asked'),
      setting(
        'authorization-webhook-cache-authorized-ttl',
        'accessAllowedTTL',
        'How long a permission counts',
      ),
      setting('authorization-webhook-cache-unauthorized-ttl', 'accessDeniedTTL', 'How long a refusal counts'),
      setting('enable-debugging-handlers', 'enableDebuggingHandlers', 'Serve logs, exec and the like'),
      setting(
        'streaming-connection-idle-timeout',
        'streamingConnectionIdleTimeout',
        'Ends an idle exec, attach or port-forward',
      ),
      setting(
        'read-only-port',
        'readOnlyPort',
        '/pods, /rejected and /healthz, without authentication; 0: off',
      ),
      setting('healthz-bind-address', 'healthzBindAddress', 'Where the health port listens'),
      setting('healthz-port', 'healthzPort', '/healthz alone; 0: off'),
    ],
  },
  {
    title: 'Log',
    flags: [
      setting('v', 'verbosity', 'Detail of the log, 0 to 10'),
      setting('vmodule', 'logVModule', 'More detail of some files, as in worker=4,device-*=5; only in text'),
      setting('logging-format', 'logFormat', 'text, or json: an object on each line'),
      setting('log-text-split-stream', 'logTextSplitStream', 'In text, write information to standard output'),
      setting('log-json-split-stream', 'logJsonSplitStream', 'The same in JSON'),
      setting('log-text-info-buffer-size', 'logTextInfoBufferSize', 'Accepted; lines are written at once'),
      setting('log-json-info-buffer-size', 'logJsonInfoBufferSize', 'Accepted; lines are written at once'),
      setting('log-flush-frequency', 'logFlushFrequency', 'Accepted; lines are written at once'),
    ],
  },
  {
    title: 'Other',
    flags: [
      setting('oom-score-adj', 'oomScoreAdj', 'Whom the kernel kills when memory is short: -1000 to 1000'),
      setting('protect-kernel-defaults', 'protectKernelDefaults', 'Refuse hosts with other kernel settings'),
      setting('contention-profiling', 'enableContentionProfiling', 'Accepted; has no effect'),
      setting('hairpin-mode', 'hairpinMode', 'Accepted; the CNI plugin decides it'),
      setting('make-iptables-util-chains', 'makeIPTablesUtilChains', 'Accepted; no chains are made'),
      setting('max-open-files', 'maxOpenFiles', 'Accepted; the service manager limits them'),
      setting('volume-stats-agg-period', 'volumeStatsAggPeriod', 'Accepted; volumes are measured on request'),
      {
        name: 'version',
        isSwitch: true,
        read: (value) => ({ version: value !== 'false' }),
        help: 'Print the version and exit',
      },
      {
        name: 'help',
        isSwitch: true,
        read: (value) => ({ help: value !== 'false' }),
        help: 'Print this and exit',
      },
    ],
  },
];

function setting(name: string, field: keyof Settings, help: string): KnownFlag {
  return { name, setting: field, help };
}

/** Labels as pflag reads them: pairs, of which the last one of a key counts. */
function labelsOf(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 0) {
        throw new ConfigurationError(
          `invalid argument ${JSON.stringify(text)} for "--node-labels" flag: malformed pair, expect string=string`,
        );
      }
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

/** The flags that take effect, by name. */
export const knownFlags: ReadonlyMap<string, KnownFlag> = new Map(
  flagGroups.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag]),
);

/** Whether a flag may have no value. */
export function isSwitch(flag: KnownFlag): boolean {
  return 'setting' in flag ? fields[flag.setting].isBoolean : flag.isSwitch;
}

/** The text of `--help`. */
export function usage(): string {
  const column = 38;
  const line = (flag: KnownFlag): string => {
    const dashes = flag.name.length === 1 ? '-' : '--';
    const left = `  ${dashes}${flag.name}${isSwitch(flag) ? '' : ' VALUE'}`;
    const value = defaultOf(flag);
    const help = `${flag.help}${value === '' ? '' : ` (default ${value})`}`;
    return `${left.padEnd(column)} ${wrapped(help, 120 - column - 1).join(`\n${' '.repeat(column + 1)}`)}`;
  };
  const sections = flagGroups.map(({ title, flags }) => `${title}:\n${flags.map(line).join('\n')}\n`);
  return `The kubelet runs the pods of a manifest directory on this machine, through any CRI runtime.

Usage: kubelet [flags]

  kubelet --pod-manifest-path /etc/kubernetes/manifests --container-runtime-endpoint /run/berth/berth.sock

${sections.join('\n')}
Flags are named as the real kubelet's, and its other flags are refused unless they ask for what is the case
anyway. Switches take =true or =false. The read-only port is closed unless asked for.

/pods shows every pod with its status, /rejected every manifest that does not run, or not in its newest
version, with the reason.
`;
}

/** A text in lines of at most `width` characters, broken after spaces and commas. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const part of text.split(/(?<=[ ,])/)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && (last + part).trimEnd().length > width) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.map((line) => line.trimEnd());
}

/** The default of a flag as `--help` shows it: nothing for false, empty or zero, as pflag does. */
export function defaultOf(flag: KnownFlag): string {
  const value = 'setting' in flag ? defaultText(flag.setting) : (flag.default ?? '');
  return ['', '0', 'false'].includes(value) ? '' : value;
}
