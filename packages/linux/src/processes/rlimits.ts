// Parses the names of resource limits, and clamps a container's limits to those that this process may set.
import { readFileSync } from 'node:fs';
import { hasCapability } from '../security/capabilities.ts';
import { readSysctl } from '../sysctl.ts';

/** "No limit", as rlim_t and the OCI runtime spec write it. */
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** Row titles of /proc/PID/limits by the names of the OCI runtime spec. */
const limitTitles = {
  RLIMIT_CPU: 'Max cpu time',
  RLIMIT_FSIZE: 'Max file size',
  RLIMIT_DATA: 'Max data size',
  RLIMIT_STACK: 'Max stack size',
  RLIMIT_CORE: 'Max core file size',
  RLIMIT_RSS: 'Max resident set',
  RLIMIT_NPROC: 'Max processes',
  RLIMIT_NOFILE: 'Max open files',
  RLIMIT_MEMLOCK: 'Max locked memory',
  RLIMIT_AS: 'Max address space',
  RLIMIT_LOCKS: 'Max file locks',
  RLIMIT_SIGPENDING: 'Max pending signals',
  RLIMIT_MSGQUEUE: 'Max msgqueue size',
  RLIMIT_NICE: 'Max nice priority',
  RLIMIT_RTPRIO: 'Max realtime priority',
  RLIMIT_RTTIME: 'Max realtime timeout',
} as const;

export type RlimitType = keyof typeof limitTitles;

export interface Rlimit {
  type: RlimitType;
  soft: bigint;
  hard: bigint;
}

/** Parses `RLIMIT_NOFILE`, `nofile` or `NOFILE`; `undefined` for an unknown name. */
export function parseRlimitType(text: string): RlimitType | undefined {
  const upper = text.toUpperCase();
  const name = upper.startsWith('RLIMIT_') ? upper : `RLIMIT_${upper}`;
  return isRlimitType(name) ? name : undefined;
}

function isRlimitType(name: string): name is RlimitType {
  return Object.hasOwn(limitTitles, name);
}

/** Parses /proc/PID/limits. */
export function parseLimits(text: string): Rlimit[] {
  const lines = text.split('\n');
  return Object.keys(limitTitles)
    .filter(isRlimitType)
    .flatMap((type) => {
      const line = lines.find((candidate) => candidate.startsWith(`${limitTitles[type]} `));
      const [soft, hard] = line?.slice(limitTitles[type].length).trim().split(/\s+/) ?? [];
      return soft === undefined || hard === undefined ? [] : [{ type, soft: limit(soft), hard: limit(hard) }];
    });
}

function limit(text: string): bigint {
  return text === 'unlimited' ? RLIM_INFINITY : BigInt(text);
}

/** Lowers a limit to a ceiling. */
export function withinCeiling({ type, soft, hard }: Rlimit, ceiling: bigint): Rlimit {
  const lowered = lower(hard, ceiling);
  return { type, soft: lower(soft, lowered), hard: lowered };
}

// Math.min does not take bigints.
function lower(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

/**
 * Clamps a container's limit to one that this process may set: raising a hard limit needs CAP_SYS_RESOURCE, and
 * fs.nr_open bounds RLIMIT_NOFILE of every process.
 */
export function clampRlimit(wanted: Rlimit): Rlimit {
  const allowed =
    wanted.type === 'RLIMIT_NOFILE' ? withinCeiling(wanted, BigInt(readSysctl('fs.nr_open'))) : wanted;
  if (hasCapability('CAP_SYS_RESOURCE')) return allowed;
  const ours = parseLimits(readFileSync('/proc/self/limits', 'utf8')).find(
    ({ type }) => type === wanted.type,
  );
  return withinCeiling(allowed, ours?.hard ?? RLIM_INFINITY);
}
