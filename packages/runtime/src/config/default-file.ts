// Prints config.yaml: `berthd config default` with every default explained, `berthd config dump` the settings in
// effect.

import { stringify } from 'yaml';
import { type Config, defaultConfig } from './config.ts';

/** What each setting means, in the order of the file; a nested object describes a mapping. */
type Described<Value> = {
  [Key in keyof Value]-?: Value[Key] extends Readonly<Record<string, unknown>>
    ? string extends keyof Value[Key]
      ? string
      : { about: string; fields: Described<Value[Key]> }
    : string;
};

/** Every setting with its meaning. */
export const described: Described<Config> = {
  listen: 'Path of the CRI socket.',
  socketGroup:
    'Group, by name or number, that may use the CRI socket without sudo (mode 0660; it may traverse the directory of the socket). Careful: whoever may use the socket is root on this machine, since it starts privileged containers. If unset, root only.',
  root: 'Directory of what has to survive a reboot: images, container layers, the database.',
  state:
    'Directory of what a reboot may remove: sandboxes, bundles, exit files. Prefer a tmpfs. Root file systems of pods with a user namespace are beside it, in STATE-userns, so other users need to traverse its parent.',
  logLevel: 'trace, debug, info, warning or error.',
  logFormat: "text (logrus') or json.",
  cgroupDriver: "cgroupfs or systemd; must match the kubelet's.",
  cgroupParent: 'Cgroup parent of pods whose request has none.',
  defaultRuntime:
    'Runtime handler of pods that request none; if unset, the first one that works on this node.',
  runtimes:
    'OCI runtimes by the runtime handler that a RuntimeClass names. args precede every command. podAnnotations and containerAnnotations (names, or prefixes with *) select the annotations that the runtime sees; if unset, crun and runc see all that do not control the runtime, others see none.',
  conmon: "The monitor that writes a container's log and exit code.",
  init: 'The init of pods that share a PID namespace.',
  defaultSysctls:
    "Kernel parameters of pods' own network and IPC namespaces; a pod's own sysctls override them; {} sets none.",
  cni: {
    about: 'The network of pods.',
    fields: {
      confDir: 'Directory of conflists. berthd uses the first by name and watches the directory.',
      pluginDirs: 'Directories of CNI plugins, searched in order.',
      builtInPlugins:
        'Whether berthd itself does what the reference plugins bridge, host-local and portmap do for common IPv4 configurations, which saves their processes. Leases and interfaces are the same; false runs the programs.',
      confTemplate:
        "Template of a conflist that berthd fills with the pod CIDR from the kubelet, as containerd's conf_template.",
      cacheDir: 'Directory of cached results, in the format of libcni.',
      timeoutSeconds: 'A plugin that runs longer is killed, and the request fails.',
    },
  },
  cdi: {
    about: 'Devices of vendors (Container Device Interface).',
    fields: {
      specDirs:
        'Directories of specifications; a device in a later directory overrides one in an earlier directory.',
    },
  },
  registry: {
    about: 'Registries that images are pulled from.',
    fields: {
      configDir: 'Directory of HOST/hosts.toml files: mirrors, TLS, client certificates.',
      authFiles:
        'Docker config.json files with credentials or helpers; when empty, auth.json beside configDir.',
    },
  },
  image: {
    about: 'Limits of images (a larger image is refused), and which images are pinned.',
    fields: {
      maxLayerBytes: 'Bytes of one unpacked layer.',
      maxLayerFiles: 'Files of one unpacked layer.',
      maxImageBytes: 'Bytes of all unpacked layers of an image, and of an archive of images.',
      pinned:
        'Names of images that the kubelet must not remove when it frees space; * matches any characters.',
    },
  },
  streaming: {
    about: 'The server that serves exec, attach and port-forward at one-time URLs.',
    fields: {
      address: 'Address to listen on.',
      port: '0: any free port, opened with the first request. Any other port is opened at the start.',
      certFile: 'Certificate in PEM; serves HTTPS with it. Changes of these files take effect at once.',
      keyFile: 'Key of the certificate, in PEM.',
      clientCaFile:
        'Certificate authorities in PEM; clients must present a certificate that one of them signed.',
      idleTimeoutSeconds: 'Time after which a connection without traffic in either direction is closed.',
    },
  },
  checkpoint: {
    about: 'Restoring containers from checkpoints: an archive in place of an image, or a checkpoint image.',
    fields: {
      restore:
        "Allow restoring, to everyone who can create pods and to the authors of the images that they name. berthd refuses a checkpoint whose criu files give its processes users, groups, capabilities, seccomp filters, new privileges, LSM profiles, limits, priorities, namespaces, mounts or devices that exceed the request; a seccomp profile needs a checkpoint from this node. Not covered: vulnerabilities of criu, which reads these files as root; files and sockets of the container itself, which criu opens with its own permissions; device nodes, which the device cgroup blocks; kernel parameters of the container's IPC namespace.",
    },
  },
  stats: {
    about: 'Reports of resource usage.',
    fields: {
      includedPodMetrics:
        'Metrics for kubelets that read them from the CRI: cpu, hugetlb, memory, network, oom, process, spec, disk, diskIO, pressure; or all.',
    },
  },
  tracing: {
    about: 'Trace spans for an OpenTelemetry collector.',
    fields: {
      endpoint: 'Endpoint of OTLP over gRPC, such as 127.0.0.1:4317; if unset, tracing is off.',
      samplingRatePerMillion: 'Sampling rate per million calls for which the caller has not decided.',
    },
  },
};

type Description = string | { about: string; fields: { [key: string]: Description } };

/** A config.yaml with the default and a description of every setting: `berthd config default`. */
export function defaultConfigFile(): string {
  return [
    '# Settings of berthd. All have their defaults; keep only those that you change.\n# berthd reads /etc/berth/config.yaml, or the file that --config names.\n',
    ...render({ ...described }, { ...defaultConfig }, ''),
  ].join('\n');
}

/** The settings that result from config file and flags, as a config.yaml: `berthd config dump`. */
export function dumpConfig(config: Config): string {
  return stringify(config);
}

function render(
  fields: { [key: string]: Description },
  values: { [key: string]: unknown },
  indent: string,
): string[] {
  return Object.entries(fields).map(([key, description]) => {
    const value = values[key];
    if (typeof description === 'string') {
      const setting = value === undefined ? `# ${key}: ` : stringify({ [key]: value }).trimEnd();
      return `${[`# ${description}`, ...setting.split('\n')].map((line) => indent + line).join('\n')}\n`;
    }
    const inner = render(description.fields, { ...(value as object) }, `${indent}  `);
    return `${indent}# ${description.about}\n${indent}${key}:\n${inner.join('')}`;
  });
}
