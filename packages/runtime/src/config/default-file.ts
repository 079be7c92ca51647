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

const described: Described<Config> = {
  listen:
    'Path of the CRI socket. The directories below are for root alone: put it elsewhere to give a group access.',
  root: 'What survives a reboot: images, container layers, the database.',
  state:
    'What need not: sandboxes, bundles, exit files. A tmpfs is best. Roots of pods with a user namespace are beside it, in STATE-userns, so other users have to get through its parent.',
  logLevel: 'trace, debug, info, warning or error.',
  logFormat: "text (logrus') or json.",
  cgroupDriver: "cgroupfs or systemd; has to be the kubelet's.",
  cgroupParent: 'Cgroup of pods whose request names none.',
  defaultRuntime: 'Runtime handler of pods that ask for none; without it the first that works here.',
  runtimes:
    'OCI runtimes by the name of their runtime handler, which a RuntimeClass names. args precede every command. podAnnotations and containerAnnotations (names, or prefixes and *) say which annotations the runtime sees; without them crun and runc see all that are no orders to it, others none.',
  conmon: "The monitor that keeps a container's log and exit code.",
  init: 'The init of pods that share a PID namespace.',
  defaultSysctls:
    "Kernel parameters of pods' own network and IPC namespaces, unless a pod sets the same; {} for none.",
  cni: {
    about: 'The network of pods.',
    fields: {
      confDir: 'The first conflist here, by name, is used; it is watched.',
      pluginDirs: 'Where plugins are looked up, in order.',
      confTemplate:
        "Template of a conflist to write with the pod CIDR that the kubelet tells, as containerd's.",
      cacheDir: 'Record of attachments, as libcni keeps it.',
      timeoutSeconds: 'A plugin that takes longer is killed, and its pod fails.',
    },
  },
  cdi: {
    about: 'Devices of vendors, by the Container Device Interface.',
    fields: { specDirs: 'Directories of specifications; a device of a later one goes before.' },
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
    about: 'What an image may be at most (a larger one is refused), and which ones stay.',
    fields: {
      maxLayerBytes: 'Bytes of one unpacked layer.',
      maxLayerFiles: 'Files of one unpacked layer.',
      maxImageBytes: 'Bytes of all unpacked layers of an image, and of an archive of images.',
      pinned: 'Names, with * for any characters, of images that the kubelet is to keep when it frees space.',
    },
  },
  streaming: {
    about: 'The server that clients of exec, attach and port-forward are sent to by a URL that works once.',
    fields: {
      address: 'Address that it listens on.',
      port: '0 takes any free port with the first request; another is listened on from the start.',
      certFile: 'Certificate in PEM, with which it serves HTTPS. Changes of these files take effect at once.',
      keyFile: 'Key of the certificate, in PEM.',
      clientCaFile: 'Authorities in PEM; every client has to show a certificate that one of them has signed.',
      idleTimeoutSeconds: 'A connection without a byte in either direction is closed.',
    },
  },
  checkpoint: {
    about:
      'Containers that are made from checkpoints: an archive in the place of an image, or an image of one.',
    fields: {
      restore:
        "Allow it, for those who may make pods and whoever makes the images that they name. Refused is a checkpoint whose criu files give its processes users, groups, capabilities, seccomp filters, new privileges, LSM profiles, limits, priorities, namespaces, mounts or devices beyond the request's; a seccomp profile needs a checkpoint that this node has made. Not covered: flaws in criu, which reads these files as root; files and sockets of the container itself, opened whatever its user may; device nodes, which its device cgroup keeps closed; kernel parameters of its own IPC namespace.",
    },
  },
  stats: {
    about: 'What is told of the usage of resources.',
    fields: {
      includedPodMetrics:
        'Metrics for kubelets that take them from the CRI: cpu, hugetlb, memory, network, oom, process, spec, disk, diskIO, pressure; or all.',
    },
  },
  tracing: {
    about: 'Spans of what takes time, for an OpenTelemetry collector.',
    fields: {
      endpoint: 'Where spans go by OTLP over gRPC, such as 127.0.0.1:4317; without it there is no tracing.',
      samplingRatePerMillion: 'Of a million calls whose caller does not decide, how many are traced.',
    },
  },
};

type Description = string | { about: string; fields: { [key: string]: Description } };

/** A config.yaml with the default and a description of every setting: `berthd config default`. */
export function defaultConfigFile(): string {
  return [
    "# Settings of berthd. Every one is at its default; keep only what differs.\n# The file is read from /etc/berth/config.yaml, or from where berthd's --config says.\n",
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
