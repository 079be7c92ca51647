import { cgroupDrivers } from '@berth/linux/cgroups/driver.ts';
import { sysctlNamespace } from '@berth/linux/sysctl.ts';
import { logFormats, logLevels } from '../logging/log.ts';
import { type Config, defaultConfig, plainRuntime, type RuntimeOptions } from './config.ts';
import { parseLocated, type ValuePath } from './located.ts';
import { metricGroups } from './pod-metric-groups.ts';
import { type Parse, valueParsers } from './values.ts';

/** The settings of config.yaml that are mappings. */
type Section = 'cni' | 'cdi' | 'registry' | 'image' | 'streaming' | 'checkpoint' | 'stats' | 'tracing';

/**
 * Parses a config.yaml; missing settings keep their defaults. Throws a ConfigError that names `file`, line, column
 * and field for a value of the wrong form. An unknown field is ignored with a warning, as by other runtimes, so that
 * a setting of another release does not prevent the start.
 */
export function parseConfig(source: string, file: string, onWarning: (message: string) => void): Config {
  const { value, fail, warn } = parseLocated(source, file, onWarning);
  if (value === undefined || value === null) return defaultConfig;

  const { text, absolutePath, count, flag, port, list, oneOf, entries, object } = valueParsers({
    fail,
    warn,
  });
  /** Parses a mapping of settings; omitted ones keep their defaults. */
  const section =
    <Name extends Section>(name: Name, fields: { [Key in keyof Config[Name]]-?: Parse<Config[Name][Key]> }) =>
    (value: unknown, path: ValuePath): Config[Name] => ({
      ...defaultConfig[name],
      ...object<Config[Name]>(value, path, fields),
    });
  const annotationPattern: Parse<string> = (value, path) => {
    const pattern = text(value, path);
    const star = pattern.indexOf('*');
    return star === -1 || star === pattern.length - 1
      ? pattern
      : fail(path, `want a name, or a prefix and *, not ${JSON.stringify(pattern)}`);
  };
  const namespacedSysctl: Parse<string> = (value, path) => {
    const name = text(value, path);
    return isNamespaced(name)
      ? name
      : fail(path, `${name} is not a kernel parameter of a namespace that a pod can own`);
  };
  const parsed = object<Config>(value, [], {
    listen: absolutePath,
    socketGroup: (value, path) => text(typeof value === 'number' ? String(value) : value, path),
    root: absolutePath,
    state: absolutePath,
    logLevel: oneOf(logLevels),
    logFormat: oneOf(logFormats),
    cgroupDriver: oneOf(cgroupDrivers),
    cgroupParent: text,
    defaultRuntime: text,
    runtimes: (runtimes, path) =>
      Object.fromEntries(
        entries(runtimes, path).map(([name, runtime]) => {
          const options = object<RuntimeOptions>(runtime, [...path, name], {
            path: text,
            args: list(text),
            podAnnotations: list(annotationPattern),
            containerAnnotations: list(annotationPattern),
            privilegedWithoutHostDevices: flag,
          });
          return [name, { ...plainRuntime(name), ...options }];
        }),
      ),
    conmon: text,
    init: text,
    defaultSysctls: (sysctls, path) =>
      Object.fromEntries(
        entries(sysctls, path).map(([name, value]) => [
          namespacedSysctl(name, [...path, name]),
          typeof value === 'number' ? String(value) : text(value, [...path, name]),
        ]),
      ),
    cni: section('cni', {
      confDir: absolutePath,
      pluginDirs: list(absolutePath),
      builtInPlugins: flag,
      cacheDir: absolutePath,
      confTemplate: absolutePath,
      timeoutSeconds: count,
    }),
    cdi: section('cdi', { specDirs: list(absolutePath) }),
    registry: section('registry', {
      configDir: absolutePath,
      authFiles: list(absolutePath),
    }),
    image: section('image', {
      maxLayerBytes: count,
      maxLayerFiles: count,
      maxImageBytes: count,
      pinned: list(text),
    }),
    streaming: section('streaming', {
      address: text,
      port,
      certFile: absolutePath,
      keyFile: absolutePath,
      clientCaFile: absolutePath,
      idleTimeoutSeconds: count,
    }),
    checkpoint: section('checkpoint', { restore: flag }),
    stats: section('stats', { includedPodMetrics: list(oneOf([...metricGroups, 'all'])) }),
    tracing: section('tracing', { endpoint: text, samplingRatePerMillion: count }),
  });
  const config = { ...defaultConfig, ...parsed };
  const { certFile, keyFile, clientCaFile } = config.streaming;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    fail(['streaming'], 'certFile and keyFile have to be given together');
  }
  if (clientCaFile !== undefined && certFile === undefined) {
    fail(['streaming', 'clientCaFile'], 'clients can show certificates only with certFile and keyFile');
  }
  const { includedPodMetrics } = config.stats;
  if (includedPodMetrics.includes('all') && includedPodMetrics.length > 1) {
    fail(['stats', 'includedPodMetrics'], '"all" stands for every group, and has to be alone');
  }
  const known = Object.keys(config.runtimes);
  if (known.length === 0) fail(['runtimes'], 'want at least one OCI runtime');
  if (config.defaultRuntime !== undefined && !known.includes(config.defaultRuntime)) {
    fail(['defaultRuntime'], `no runtime of this name; known: ${known.join(', ')}`);
  }
  return config;
}

function isNamespaced(sysctl: string): boolean {
  try {
    return sysctlNamespace(sysctl) !== undefined;
  } catch {
    return false;
  }
}
