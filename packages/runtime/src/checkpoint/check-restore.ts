// Refuses a restore unless the settings allow it and the checkpoint stays within the rights of the request.

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLimits, parseRlimitType } from '@berth/linux/processes/rlimits.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import type { LiveConfig } from '../config/live-config.ts';
import { invalid, messageWithCauses, wrongState } from '../rpc/errors.ts';
import type { ContainerPaths } from '../state/paths.ts';
import { type CriuDump, readCriuDump } from './criu-dump.ts';
import { imageDirectory, restorePlace } from './files.ts';
import { restoreExcess } from './restore-excess.ts';
import { SeccompFilters } from './seccomp-filters.ts';

/** Files that describe processes are small; larger ones are refused. */
const maxDescriptionBytes = 16 * 1024 * 1024;

/** Maximum number of reasons in an error. */
const maxReasons = 3;

/** Refuses to restore unless the settings allow it. */
export function requireRestore({ config }: { readonly config: LiveConfig }, what: string): void {
  if (config.current.checkpoint.restore) return;
  throw wrongState(
    `${what} is a checkpoint, and restoring is off: a checkpoint brings processes as criu's files describe them. ` +
      "To allow it set checkpoint.restore to true in berthd's configuration (/etc/berth/config.yaml)",
  );
}

/**
 * Refuses a checkpoint, unpacked into a container's restore directory, that would give its processes more rights
 * than `spec` gives the container.
 */
export function checkRestore(
  { config }: { readonly config: LiveConfig },
  paths: ContainerPaths,
  name: string,
  spec: Spec,
): void {
  const directory = join(restorePlace(paths).dir, imageDirectory);
  const seccomp = spec.linux?.seccomp;
  const filters = new SeccompFilters(config.current.root);
  let excess: string[];
  try {
    excess = restoreExcess(readDump(directory), {
      spec,
      hardLimits: hardLimits(spec),
      isFilterOfProfile: (filter) => seccomp !== undefined && filters.has(seccomp, filter),
      exists: existsSync,
    });
  } catch (error) {
    throw invalid('config.image.image', `checkpoint ${name} cannot be restored: ${messageWithCauses(error)}`);
  }
  if (excess.length === 0) return;
  const shown = excess.slice(0, maxReasons).join('; ');
  const others = excess.length > maxReasons ? `; and ${excess.length - maxReasons} more` : '';
  throw invalid('config', `checkpoint ${name} exceeds what the container asks for: ${shown}${others}`);
}

/** Parses criu's files in a directory; throws when they are not a dump. */
export function readDump(directory: string): CriuDump {
  return readCriuDump(readdirSync(directory), (name) => {
    const path = join(directory, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isFile() || stats.size > maxDescriptionBytes) {
      throw new Error(`${name} is larger than ${maxDescriptionBytes} bytes`);
    }
    return readFileSync(path);
  });
}

/** RLIMIT names by their numbers in the kernel. */
const limitNames = [
  'CPU',
  'FSIZE',
  'DATA',
  'STACK',
  'CORE',
  'RSS',
  'NPROC',
  'NOFILE',
  'MEMLOCK',
  'AS',
  'LOCKS',
  'SIGPENDING',
  'MSGQUEUE',
  'NICE',
  'RTPRIO',
  'RTTIME',
];

/** A container has the limits of its config.json and inherits the others from berthd. */
function hardLimits(spec: Spec): Map<number, bigint> {
  const inherited = parseLimits(readFileSync('/proc/self/limits', 'utf8'));
  const own = spec.process?.rlimits ?? [];
  return new Map(
    limitNames.flatMap((name, number) => {
      const type = parseRlimitType(name);
      const hard = own.find((limit) => limit.type === type)?.hard;
      const limit = hard === undefined ? inherited.find((each) => each.type === type)?.hard : BigInt(hard);
      return limit === undefined ? [] : [[number, limit] as const];
    }),
  );
}
