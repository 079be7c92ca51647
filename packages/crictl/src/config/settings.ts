// Settings from flags, environment variables and crictl.yaml, in this order of precedence.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { yamlText } from '@berth/go-yaml/text.ts';
import type { FlagValues } from '../cli/flags.ts';
import type { Logger } from '../cli/logger.ts';
import { within } from '../errors/within.ts';
import { type CrictlYaml, parseCrictlYaml } from './crictl-yaml.ts';

export const defaultConfigPath = '/etc/crictl.yaml';

/** Endpoints to try in this order when none is configured. */
export const defaultEndpoints = [
  'unix:///run/berth/berth.sock',
  'unix:///run/containerd/containerd.sock',
  'unix:///run/crio/crio.sock',
  'unix:///var/run/cri-dockerd.sock',
] as const;

const defaultTimeoutMs = 2000;

export const globalFlags = {
  config: {
    type: 'string',
    aliases: ['c'],
    env: ['CRI_CONFIG_FILE'],
    default: defaultConfigPath,
    usage: 'Path of the configuration file',
  },
  'runtime-endpoint': {
    type: 'string',
    aliases: ['r'],
    env: ['CONTAINER_RUNTIME_ENDPOINT'],
    usage: `Endpoint of the container runtime; without it, the first of ${defaultEndpoints.join(', ')} that answers`,
  },
  'image-endpoint': {
    type: 'string',
    aliases: ['i'],
    env: ['IMAGE_SERVICE_ENDPOINT'],
    usage: "Endpoint of the image service (default: uses 'runtime-endpoint' setting)",
  },
  timeout: {
    type: 'duration',
    aliases: ['t'],
    default: defaultTimeoutMs,
    usage: 'Timeout of a request, such as 2s or 1m; 0 or less means the default',
  },
  'max-retries': {
    type: 'integer',
    usage:
      'Number of times to retry a socket that does not answer, with exponential backoff; negative means no limit',
  },
  debug: { type: 'boolean', aliases: ['D'], usage: 'Log requests and responses' },
  'enable-tracing': { type: 'boolean', usage: 'Send OpenTelemetry spans of the CRI calls' },
  'tracing-endpoint': {
    type: 'string',
    default: '127.0.0.1:4317',
    usage: 'Address of the OTLP gRPC collector for the spans',
  },
  'tracing-sampling-rate-per-million': {
    type: 'integer',
    default: -1,
    usage: 'Number of calls to trace per million, -1 for all',
  },
  'profile-cpu': { type: 'string', usage: 'Write a pprof CPU profile to this file' },
  'profile-mem': { type: 'string', usage: 'Write a pprof memory profile to this file' },
} as const;

export interface Settings {
  configPath: string;
  /** Undefined: try the default endpoints. Empty: explicitly none. */
  runtimeEndpoint: string | undefined;
  imageEndpoint: string | undefined;
  timeoutMs: number;
  maxRetries: number;
  debug: boolean;
  pullImageOnCreate: boolean;
  disablePullOnRun: boolean;
  /** Paths of profiles to write, empty for none. */
  profileCpu: string;
  profileMemory: string;
  tracing: { endpoint: string; samplingRatePerMillion: number } | undefined;
}

/** Pure: flags take precedence over the file, the file over defaults. */
export function resolveSettings(
  flags: FlagValues<typeof globalFlags>,
  given: ReadonlySet<string>,
  file: CrictlYaml | undefined,
): Settings {
  const endpoint = (name: 'runtime-endpoint' | 'image-endpoint') => {
    if (given.has(name)) return flags[name];
    return file?.[name] || undefined;
  };
  const fromFile = file && file.timeout > 0 ? file.timeout * 1000 : defaultTimeoutMs;
  const fromFlag = flags.timeout > 0 ? flags.timeout : defaultTimeoutMs;
  return {
    configPath: flags.config,
    runtimeEndpoint: endpoint('runtime-endpoint'),
    imageEndpoint: endpoint('image-endpoint'),
    timeoutMs: given.has('timeout') ? fromFlag : fromFile,
    maxRetries: flags['max-retries'],
    debug: given.has('debug') ? flags.debug : (file?.debug ?? false),
    pullImageOnCreate: file?.['pull-image-on-create'] ?? false,
    disablePullOnRun: file?.['disable-pull-on-run'] ?? false,
    profileCpu: flags['profile-cpu'],
    profileMemory: flags['profile-mem'],
    // As in the real crictl, `--enable-tracing=false` turns it on too.
    tracing: given.has('enable-tracing')
      ? {
          endpoint: flags['tracing-endpoint'],
          samplingRatePerMillion: flags['tracing-sampling-rate-per-million'],
        }
      : undefined,
  };
}

/**
 * Reads the configuration file, or crictl.yaml beside the program when it does not exist. Throws for an invalid file
 * that --config names; ignores an invalid default file.
 */
export async function loadSettings(
  { values, given }: { values: FlagValues<typeof globalFlags>; given: ReadonlySet<string> },
  logger: Pick<Logger, 'warning'>,
): Promise<Settings> {
  let file: CrictlYaml | undefined;
  try {
    file = await within('load config file', async () =>
      parseCrictlYaml(readText(existing(values.config, given.has('config'), logger))),
    );
  } catch (error) {
    if (given.has('config')) throw error;
  }
  return resolveSettings(values, given, file);
}

function readText(path: string): string {
  try {
    return yamlText(readFileSync(path));
  } catch (error) {
    // Node.js's EISDIR has no path.
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}

function existing(path: string, isAskedFor: boolean, logger: Pick<Logger, 'warning'>): string {
  if (existsSync(path)) return path;
  const beside = join(programDir(), 'crictl.yaml');
  if (isAskedFor) logger.warning(`Config "${path}" does not exist, trying next: "${beside}"`);
  // Throws ENOENT with this path.
  statSync(beside);
  return beside;
}

/** The directory of the launcher: `bin` beside `dist` or beside the sources. */
function programDir(): string {
  const [, script = ''] = process.argv;
  for (const path of [process.execPath, script]) {
    const root = /^(.*)\/(?:dist|packages\/crictl\/src)\/[^/]+$/.exec(path)?.[1];
    if (root !== undefined) return join(root, 'bin');
  }
  return dirname(process.execPath);
}
