// Where to connect and how, from flags, variables and crictl.yaml, in this order.
import { readFileSync } from 'node:fs';
import type { FlagValues, ParsedFlags } from '../cli/flags.ts';
import { type CrictlYaml, parseCrictlYaml } from './crictl-yaml.ts';

export const defaultConfigPath = '/etc/crictl.yaml';

/** Tried in turn when no endpoint was given. */
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
    usage: 'Configuration file with endpoints and defaults',
  },
  'runtime-endpoint': {
    type: 'string',
    aliases: ['r'],
    env: ['CONTAINER_RUNTIME_ENDPOINT'],
    usage: `Socket of the container runtime; without it the first that answers of ${defaultEndpoints.join(', ')}`,
  },
  'image-endpoint': {
    type: 'string',
    aliases: ['i'],
    env: ['IMAGE_SERVICE_ENDPOINT'],
    usage: "Socket of the image service; without it the runtime's",
  },
  timeout: {
    type: 'duration',
    aliases: ['t'],
    default: defaultTimeoutMs,
    usage: 'How long a request may take, such as 2s or 1m; 0 or less means the default',
  },
  'max-retries': {
    type: 'integer',
    usage: 'How often to try again when the socket does not answer, with growing pauses; negative for ever',
  },
  debug: { type: 'boolean', aliases: ['D'], usage: 'Log what is sent and received' },
} as const;

export interface Settings {
  configPath: string;
  /** Undefined: find one among the defaults. */
  runtimeEndpoint: string | undefined;
  imageEndpoint: string | undefined;
  timeoutMs: number;
  maxRetries: number;
  debug: boolean;
  pullImageOnCreate: boolean;
  disablePullOnRun: boolean;
}

/** Pure: flags win over the file, the file over defaults. */
export function resolveSettings(
  flags: FlagValues<typeof globalFlags>,
  given: ReadonlySet<string>,
  file: CrictlYaml | undefined,
): Settings {
  const endpoint = (name: 'runtime-endpoint' | 'image-endpoint') => {
    if (given.has(name)) {
      if (flags[name] === '') throw new Error(`--${name} is not set`);
      return flags[name];
    }
    return file?.[name] || undefined;
  };
  const fromFile = file && file.timeout > 0 ? file.timeout * 1000 : defaultTimeoutMs;
  const fromFlag = flags.timeout > 0 ? flags.timeout : defaultTimeoutMs;
  return {
    configPath: flags.config,
    runtimeEndpoint: endpoint('runtime-endpoint'),
    imageEndpoint: endpoint('image-endpoint'),
    timeoutMs: given.has('timeout') ? fromFlag : fromFile,
    maxRetries: given.has('max-retries') ? flags['max-retries'] : (file?.['max-retries'] ?? 0),
    debug: given.has('debug') ? flags.debug : (file?.debug ?? false),
    pullImageOnCreate: file?.['pull-image-on-create'] ?? false,
    disablePullOnRun: file?.['disable-pull-on-run'] ?? false,
  };
}

/** Reads the configuration file; one that was not asked for may be missing, and so may that of `crictl config`. */
export async function loadSettings(
  { values, given }: ParsedFlags<typeof globalFlags>,
  options: { mayBeMissing: boolean },
): Promise<Settings> {
  let file: CrictlYaml | undefined;
  try {
    file = await parseCrictlYaml(readFileSync(values.config, 'utf8'));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || (given.has('config') && !options.mayBeMissing)) {
      throw new Error(`get server config: load config file: ${values.config}: ${describe(error)}`, {
        cause: error,
      });
    }
  }
  return resolveSettings(values, given, file);
}

function describe(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    return 'no such file or directory';
  // The YAML parser shows the place in further lines.
  const [problem = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return problem.replace(/:$/, '');
}
