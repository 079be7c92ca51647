// The flags of the real kubelet that take effect here, in the groups in which `--help` shows them.
import { defaultText, fields, type Settings } from './settings.ts';

/** Values of the flags that have no configuration field. */
export interface KubeletFlags {
  /** Path of a KubeletConfiguration file. */
  config: string;
  hostnameOverride: string;
  nodeIps: string[];
  rootDir: string;
  /** Directory of the certificate that the kubelet makes for itself; '' for pki in the root directory. */
  certDir: string;
  version: boolean;
  help: boolean;
}

/** Defaults of these flags. */
export const defaultFlags: KubeletFlags = {
  config: '',
  hostnameOverride: '',
  nodeIps: [],
  rootDir: '/var/lib/kubelet',
  certDir: '',
  version: false,
  help: false,
};

/** A flag that takes effect: a configuration field, or a flag without one. */
export type KnownFlag = { name: string; help: string } & (
  | { setting: keyof Settings }
  | { isSwitch: boolean; read: (value: string) => Partial<KubeletFlags>; default?: string }
);

const groups: readonly { title: string; flags: readonly KnownFlag[] }[] = [
  {
    title: 'What to run',
    flags: [
      {
        name: 'config',
        isSwitch: false,
        read: (value) => ({ config: value }),
        help: 'File of kind KubeletConfiguration (v1beta1); flags win over it',
      },
      setting('pod-manifest-path', 'staticPodPath', 'Directory (or one file) of static pods, watched'),
      setting('file-check-frequency', 'fileCheckFrequency', 'How often that is listed all the same'),
      setting('manifest-url', 'staticPodURL', 'URL of more static pods'),
      setting('manifest-url-header', 'staticPodURLHeader', 'Headers of its requests, as in a:one,b:two'),
      setting('http-check-frequency', 'httpCheckFrequency', 'How often that is asked'),
      setting('max-pods', 'maxPods', 'Most pods on this node'),
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
      setting('seccomp-default', 'seccompDefault', "The runtime's seccomp profile where pods name none"),
      setting('allowed-unsafe-sysctls', 'allowedUnsafeSysctls', 'More sysctls for pods, as in kernel.msg*'),
    ],
  },
  {
    title: 'Cgroups',
    flags: [
      setting('cgroup-driver', 'cgroupDriver', 'cgroupfs or systemd, as the runtime has it'),
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
        name: 'root-dir',
        isSwitch: false,
        default: defaultFlags.rootDir,
        read: (value) => ({ rootDir: value }),
        help: 'Where volumes and pod folders live',
      },
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
        help: 'Where a certificate is made when none is given (default pki in --root-dir)',
      },
      setting('tls-cert-file', 'tlsCertFile', 'Certificate of the secure port, with its chain'),
      setting('tls-private-key-file', 'tlsPrivateKeyFile', 'Key of that certificate'),
      setting('tls-min-version', 'tlsMinVersion', 'VersionTLS10 to VersionTLS13, by default VersionTLS12'),
      setting('tls-cipher-suites', 'tlsCipherSuites', "Suites before TLS 1.3, by Go's names"),
      setting('client-ca-file', 'clientCAFile', 'Authorities of clients that may use the secure port'),
      setting('anonymous-auth', 'anonymousAuth', 'Whether everybody else may use it too'),
      setting('authentication-token-webhook', 'webhookAuth', 'Needs an API server: refused'),
      setting('authorization-mode', 'authorizationMode', 'AlwaysAllow; Webhook needs an API server'),
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
    title: 'Other',
    flags: [
      setting('v', 'verbosity', 'Detail of the log, 0 to 10'),
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

/** The flags that take effect, by name. */
export const knownFlags: ReadonlyMap<string, KnownFlag> = new Map(
  groups.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag]),
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
  const sections = groups.map(({ title, flags }) => `${title}:\n${flags.map(line).join('\n')}\n`);
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

/** Omits defaults that are false, empty or zero, as pflag does. */
function defaultOf(flag: KnownFlag): string {
  const value = 'setting' in flag ? defaultText(flag.setting) : (flag.default ?? '');
  return ['', '0', 'false'].includes(value) ? '' : value;
}
