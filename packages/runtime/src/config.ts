import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { hasCode } from '@berth/linux/errno.ts';
import { parseDocument } from 'yaml';
import { type LogLevel, logLevels } from './log.ts';

/** Who makes cgroups: berthd and the OCI runtime by mkdir, or systemd as slices and scopes. */
export const cgroupDrivers = ['cgroupfs', 'systemd'] as const;
export type CgroupDriver = (typeof cgroupDrivers)[number];

/** Everything about berthd that can be set. Two daemons live side by side when no path is shared. */
export interface Config {
  /** Path of the CRI socket. */
  readonly listen: string;
  /** Directory of what survives a reboot: images, container layers, the database. */
  readonly root: string;
  /** Directory of what need not: sandboxes, bundles, exit files. A tmpfs is best. */
  readonly state: string;
  readonly logLevel: LogLevel;
  readonly cgroupDriver: CgroupDriver;
  /** Cgroup of pods whose request names none, for example crictl's. */
  readonly cgroupParent: string;
  /** Name of the runtime handler that pods get which ask for none; undefined: the first that works here. */
  readonly defaultRuntime: string | undefined;
  /** OCI runtimes by runtime handler name. */
  readonly runtimes: Readonly<Record<string, { readonly path: string }>>;
  /** Path of conmon; a bare name is looked up in PATH. The same holds for the two below and for runtimes. */
  readonly conmon: string;
  /** The init of pods that share a PID namespace. */
  readonly init: string;
  readonly cni: {
    readonly confDir: string;
    readonly pluginDirs: readonly string[];
    readonly cacheDir: string;
    /** A plugin that takes longer is killed, and its pod fails. */
    readonly timeoutSeconds: number;
  };
  readonly registry: {
    /** Directory of HOST/hosts.toml files, as containerd's certs.d. */
    readonly configDir: string;
  };
  readonly image: {
    /** Most bytes that one unpacked layer may have. */
    readonly maxLayerBytes: number;
    /** Most files that one unpacked layer may have. */
    readonly maxLayerFiles: number;
    /** Most bytes that all unpacked layers of an image may have together, and the whole of an archive of images. */
    readonly maxImageBytes: number;
  };
}

export const defaultConfigPath = '/etc/berth/config.yaml';

export const defaultConfig: Config = {
  listen: '/run/berth/berth.sock',
  root: '/var/lib/berth',
  state: '/run/berth',
  logLevel: 'info',
  cgroupDriver: 'cgroupfs',
  cgroupParent: '/berth',
  defaultRuntime: undefined,
  runtimes: { crun: { path: 'crun' }, runc: { path: 'runc' } },
  conmon: 'conmon',
  init: 'catatonit',
  cni: {
    confDir: '/etc/cni/net.d',
    pluginDirs: ['/opt/cni/bin', '/usr/lib/cni'],
    cacheDir: '/var/lib/cni',
    timeoutSeconds: 60,
  },
  registry: { configDir: '/etc/berth/certs.d' },
  image: { maxLayerBytes: 64 * 1024 ** 3, maxLayerFiles: 5_000_000, maxImageBytes: 128 * 1024 ** 3 },
};

/** A setting that berthd cannot use; `field` is its path in the file, for example `cni.confDir`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(file: string, field: string, problem: string) {
    super(`${file}: ${field === '' ? '' : `${field}: `}${problem}`);
  }
}

type Parse<Value> = (value: unknown, field: string) => Value;
type Fail = (field: string, problem: string) => never;

function parsers(fail: Fail) {
  const text: Parse<string> = (value, field) =>
    typeof value === 'string' && value !== '' ? value : fail(field, 'want a non-empty string');
  const absolutePath: Parse<string> = (value, field) => {
    const path = text(value, field);
    return isAbsolute(path) ? path : fail(field, `want an absolute path, not ${JSON.stringify(path)}`);
  };
  const count: Parse<number> = (value, field) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0
      ? value
      : fail(field, 'want a positive whole number');
  const list =
    <Value>(item: Parse<Value>): Parse<Value[]> =>
    (value, field) =>
      Array.isArray(value)
        ? value.map((entry, index) => item(entry, `${field}[${index}]`))
        : fail(field, 'want a list');
  const oneOf =
    <Name extends string>(names: readonly Name[]): Parse<Name> =>
    (value, field) =>
      names.find((name) => name === value) ??
      fail(field, `want one of ${names.join(', ')}, not ${JSON.stringify(value)}`);
  const entries = (value: unknown, field: string): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : fail(field, 'want a mapping');
  const object = <Value extends object>(
    value: unknown,
    field: string,
    fields: { [Key in keyof Value]: Parse<Value[Key]> },
  ): Partial<Value> => {
    const known = new Map<string, Parse<unknown>>(Object.entries(fields));
    const result: Record<string, unknown> = {};
    for (const [key, entry] of entries(value, field)) {
      const path = field === '' ? key : `${field}.${key}`;
      const parse = known.get(key);
      if (parse === undefined) fail(path, `unknown field; known here: ${[...known.keys()].join(', ')}`);
      else result[key] = parse(entry, path);
    }
    return result as Partial<Value>;
  };
  return { text, absolutePath, count, list, oneOf, entries, object };
}

/**
 * Parses the text of a config.yaml; what it leaves out keeps its default. Throws a ConfigError that names
 * `file` and the field for a value of the wrong form and for a field that does not exist.
 */
export function parseConfig(source: string, file: string): Config {
  const fail: Fail = (field, problem) => {
    throw new ConfigError(file, field, problem);
  };
  const document = parseDocument(source);
  const syntax = document.errors[0];
  if (syntax !== undefined) fail('', syntax.message);
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return defaultConfig;

  const { text, absolutePath, count, list, oneOf, entries, object } = parsers(fail);
  const parsed = object<Config>(value, '', {
    listen: absolutePath,
    root: absolutePath,
    state: absolutePath,
    logLevel: oneOf(logLevels),
    cgroupDriver: oneOf(cgroupDrivers),
    cgroupParent: text,
    defaultRuntime: text,
    runtimes: (runtimes, field) =>
      Object.fromEntries(
        entries(runtimes, field).map(([name, runtime]) => {
          const { path } = object<{ path: string }>(runtime, `${field}.${name}`, { path: text });
          return [name, { path: path ?? name }];
        }),
      ),
    conmon: text,
    init: text,
    cni: (cni, field) => ({
      ...defaultConfig.cni,
      ...object<Config['cni']>(cni, field, {
        confDir: absolutePath,
        pluginDirs: list(absolutePath),
        cacheDir: absolutePath,
        timeoutSeconds: count,
      }),
    }),
    registry: (registry, field) => ({
      ...defaultConfig.registry,
      ...object<Config['registry']>(registry, field, { configDir: absolutePath }),
    }),
    image: (image, field) => ({
      ...defaultConfig.image,
      ...object<Config['image']>(image, field, {
        maxLayerBytes: count,
        maxLayerFiles: count,
        maxImageBytes: count,
      }),
    }),
  });
  const config = { ...defaultConfig, ...parsed };
  if (Object.keys(config.runtimes).length === 0) fail('runtimes', 'want at least one OCI runtime');
  if (config.defaultRuntime !== undefined && !(config.defaultRuntime in config.runtimes)) {
    fail('defaultRuntime', `no runtime of this name; known: ${Object.keys(config.runtimes).join(', ')}`);
  }
  return config;
}

/** Reads a config file. Without `path` it is the default one, which may be missing. */
export function readConfig(path: string | undefined): Config {
  const file = path ?? defaultConfigPath;
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if (path === undefined && hasCode(error, 'ENOENT')) return defaultConfig;
    throw new ConfigError(file, '', `cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  return parseConfig(source, file);
}
