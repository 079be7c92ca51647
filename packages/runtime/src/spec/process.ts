import type { ContainerConfig, KeyValue } from '@berth/cri/generated/api.ts';
import type { ExecutionParameters } from '@berth/oci/image-config.ts';
import { invalid } from '../errors.ts';

/**
 * The command line: `command` replaces the image's entrypoint and then also its arguments, `args` replaces
 * the image's arguments, as Kubernetes documents it.
 */
export function processArgs(
  config: Pick<ContainerConfig, 'command' | 'args'>,
  image: ExecutionParameters,
): string[] {
  const entrypoint = image.Entrypoint ?? [];
  const command = config.command.length > 0 || isEmptyEntrypoint(entrypoint) ? config.command : entrypoint;
  const imageArgs = config.command.length > 0 ? [] : (image.Cmd ?? []);
  const args = [...command, ...(config.args.length > 0 ? config.args : imageArgs)];
  refuseMore(args.length, 'config.args');
  if (args.length === 0)
    throw invalid('config.command', 'no command specified, and the image has none either');
  for (const [index, argument] of args.entries()) {
    if (argument.includes('\0')) throw invalid(`config.command[${index}]`, 'contains a NUL byte');
  }
  return args;
}

/** More strings than execve(2) takes: they share 2 MiB with pointers to them. */
const maxStrings = 65_536;

function refuseMore(count: number, field: string): void {
  if (count <= maxStrings) return;
  throw invalid(
    field,
    `there are ${count} with the image's; at most ${maxStrings} can be given to a program`,
  );
}

// `ENTRYPOINT [""]` is how an image takes its base image's entrypoint away.
function isEmptyEntrypoint(entrypoint: string[]): boolean {
  return entrypoint.length === 1 && entrypoint[0] === '';
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment: defaults, then the image's, then the request's; a later value replaces an earlier one. */
export function processEnv(options: {
  image: ExecutionParameters;
  envs: readonly KeyValue[];
  hostname: string;
  terminal: boolean;
}): string[] {
  refuseMore((options.image.Env?.length ?? 0) + options.envs.length, 'config.envs');
  const env = new Map<string, string>([['PATH', DEFAULT_PATH]]);
  if (options.terminal) env.set('TERM', 'xterm');
  if (options.hostname !== '') env.set('HOSTNAME', options.hostname);
  for (const entry of options.image.Env ?? []) {
    const equals = entry.indexOf('=');
    if (equals > 0) env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (const [index, { key, value }] of options.envs.entries()) {
    const field = `config.envs[${index}]`;
    if (key === '' || key.includes('=') || key.includes('\0')) {
      throw invalid(`${field}.key`, `${JSON.stringify(key)} cannot be the name of an environment variable`);
    }
    const text = decode(utf8, value, `${field}.value`);
    if (text.includes('\0')) throw invalid(`${field}.value`, `the value of ${key} contains a NUL byte`);
    env.set(key, text);
  }
  return [...env].map(([name, value]) => `${name}=${value}`);
}

function decode(utf8: TextDecoder, value: Uint8Array, field: string): string {
  try {
    return utf8.decode(value);
  } catch {
    throw invalid(field, 'is not valid UTF-8, which config.json of the OCI runtime has to be');
  }
}

/** The working directory: the request's, else the image's, else the root. The OCI runtime makes it when missing. */
export function processCwd(config: Pick<ContainerConfig, 'workingDir'>, image: ExecutionParameters): string {
  if (config.workingDir !== '') {
    if (!config.workingDir.startsWith('/')) {
      throw invalid('config.working_dir', `${JSON.stringify(config.workingDir)} is not an absolute path`);
    }
    return config.workingDir;
  }
  const fromImage = image.WorkingDir ?? '';
  return fromImage.startsWith('/') ? fromImage : `/${fromImage}`;
}
