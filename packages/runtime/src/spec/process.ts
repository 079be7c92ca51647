// Computes a container's command line, environment and working directory from request and image. Pure.

import { isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import type { ContainerConfig, KeyValue } from '@berth/cri/generated/api.ts';
import type { ExecutionParameters } from '@berth/oci/image-spec/image-config.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';

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

/** More strings than execve(2) accepts: they share 2 MiB with their pointers. */
const maxStrings = 65_536;

function refuseMore(count: number, field: string): void {
  if (count <= maxStrings) return;
  throw invalid(
    field,
    `there are ${count} with the image's; at most ${maxStrings} can be given to a program`,
  );
}

// `ENTRYPOINT [""]` in an image removes its base image's entrypoint.
function isEmptyEntrypoint(entrypoint: string[]): boolean {
  return entrypoint.length === 1 && entrypoint[0] === '';
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The environment: defaults, then the image's, then the request's; a later value replaces an earlier one. An
 * image's entry without `=` removes the variable, as in containerd and Docker.
 */
export function processEnv(options: {
  image: ExecutionParameters;
  envs: readonly KeyValue[];
  hostname: string;
  terminal: boolean;
  warn: Warn;
}): string[] {
  refuseMore((options.image.Env?.length ?? 0) + options.envs.length, 'config.envs');
  const env = new Map<string, string>([['PATH', defaultPath]]);
  if (options.terminal) env.set('TERM', 'xterm');
  if (options.hostname !== '') env.set('HOSTNAME', options.hostname);
  for (const entry of options.image.Env ?? []) {
    const equals = entry.indexOf('=');
    if (equals > 0) env.set(entry.slice(0, equals), entry.slice(equals + 1));
    else if (equals < 0) env.delete(entry);
  }
  for (const [index, { key, value }] of options.envs.entries()) {
    const field = `config.envs[${index}]`;
    // The name ends at a `=` in the key: the rest of the key becomes part of the value.
    const [, name = '', rest = ''] = /^([^=]*)(.*)$/s.exec(key) ?? [];
    if (name === '' || key.includes('\0')) {
      throw invalid(`${field}.key`, `${JSON.stringify(key)} cannot be the name of an environment variable`);
    }
    const text = `${rest === '' ? '' : `${rest.slice(1)}=`}${decode(value, `${field}.value`, options.warn)}`;
    if (text.includes('\0')) throw invalid(`${field}.value`, `the value of ${name} contains a NUL byte`);
    env.set(name, text);
  }
  return [...env].map(([name, value]) => `${name}=${value}`);
}

/** Decodes a value as UTF-8, which config.json requires; invalid bytes become U+FFFD, as in Go's JSON encoder. */
function decode(value: Uint8Array, field: string, warn: Warn): string {
  if (!isUtf8(value)) warn(field, 'bytes that are not UTF-8 are replaced: config.json cannot have them');
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
}

/**
 * The working directory: the request's, else the image's, else the root. A relative one is below the root, as in
 * CRI-O. The OCI runtime creates it when missing.
 */
export function processCwd(
  config: Pick<ContainerConfig, 'workingDir'>,
  image: ExecutionParameters,
  warn: Warn,
): string {
  const wanted = config.workingDir || (image.WorkingDir ?? '');
  if (wanted.startsWith('/')) return wanted;
  if (config.workingDir !== '') {
    warn('config.working_dir', `${JSON.stringify(wanted)} is relative, and taken from the root`);
  }
  return posix.join('/', wanted);
}
