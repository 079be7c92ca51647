// Parses seccomp profile files in Docker's format and resolves their conditions for one container.

import { messageOf } from '@berth/common/error-message.ts';
import { isSameMember } from '@berth/common/json/ambiguous.ts';
import { JsonCursor, MalformedDocumentError } from '@berth/common/json/cursor.ts';
import { errnoNumber } from '@berth/linux/syscall/errno.ts';
import { type ExactNumber, isExactNumber, parseExactJson } from '@berth/oci/json/exact.ts';
import type { LinuxSeccomp, LinuxSyscall } from '@berth/oci/runtime-spec/config.ts';
import { isKernel } from '../host/kernel-version.ts';
import { invalid, type RuntimeError } from '../rpc/errors.ts';

/** Conditions of a profile's rule; all have to hold. */
interface Condition {
  readonly caps: readonly string[];
  /** libseccomp's names, such as `amd64`. */
  readonly arches: readonly string[];
  /** A version such as `4.8`. */
  readonly minKernel: string | undefined;
}

/** A seccomp profile file: the OCI runtime specification's members and Docker's additions. */
export interface SeccompProfile {
  readonly profile: Omit<LinuxSeccomp, 'syscalls'>;
  /** Architectures; the entry of the node's own adds its compatible ones. */
  readonly archMap: readonly {
    readonly architecture: string;
    readonly subArchitectures: readonly string[];
  }[];
  readonly rules: readonly {
    readonly syscall: LinuxSyscall;
    readonly includes: Condition;
    readonly excludes: Condition;
  }[];
  /** Unknown members of the file. */
  readonly unknown: readonly string[];
}

/** The properties of node and container that a profile's conditions test. */
interface Node {
  /** Node's process.arch. */
  readonly arch: string;
  readonly kernel: string;
  /** The container's bounding set. */
  readonly capabilities: readonly string[];
}

const knownMembers: readonly string[] = [
  'defaultAction',
  'defaultErrnoRet',
  'defaultErrno',
  'architectures',
  'archMap',
  'flags',
  'listenerPath',
  'listenerMetadata',
  'syscalls',
];
const ruleMembers: readonly string[] = [
  'name',
  'names',
  'action',
  'errnoRet',
  'errno',
  'args',
  'comment',
  'includes',
  'excludes',
];
const conditionMembers: readonly string[] = ['caps', 'arches', 'minKernel'];

/** The condition of a rule without any. */
const noCondition: Condition = { caps: [], arches: [], minKernel: undefined };

/**
 * Parses a seccomp profile file as Docker and CRI-O do. The OCI runtime checks actions and operators, and skips
 * unknown system calls.
 */
export function parseSeccompProfile(text: string, path: string): SeccompProfile {
  const refuse = (problem: string) => invalid(`seccomp profile ${path}`, problem);
  let parsed: unknown;
  try {
    parsed = parseExactJson(text);
  } catch (error) {
    throw refuse(`is not JSON: ${messageOf(error)}`);
  }
  try {
    return readProfile(new JsonCursor(parsed, ''), refuse);
  } catch (error) {
    if (!(error instanceof MalformedDocumentError)) throw error;
    throw refuse(error.message.replace(/^\.|^(?=:)/, ''));
  }
}

function readProfile(json: JsonCursor, refuse: (problem: string) => RuntimeError): SeccompProfile {
  const unknown: string[] = [];
  const known = (cursor: JsonCursor, names: readonly string[]) => {
    for (const member of Object.keys(cursor.record())) {
      if (!names.some((name) => isSameMember(member, name)))
        unknown.push(`${cursor.path}.${member}`.replace(/^\./, ''));
    }
    return cursor;
  };
  const condition = (cursor: JsonCursor): Condition => {
    known(cursor, conditionMembers);
    return {
      caps: cursor.field('caps').optional((caps) => caps.strings()) ?? [],
      arches: cursor.field('arches').optional((arches) => arches.strings()) ?? [],
      minKernel: cursor.field('minKernel').optional(version),
    };
  };
  known(json, knownMembers);
  const architectures = json.field('architectures').optional((each) => each.strings()) ?? [];
  const archMap = json.field('archMap').optional((map) => map.array().map(architecture)) ?? [];
  if (architectures.length > 0 && archMap.length > 0) {
    throw refuse('it has both architectures and archMap; use one of them');
  }
  const profile = {
    defaultAction: json.field('defaultAction').string() as LinuxSeccomp['defaultAction'],
    ...optionalErrno('defaultErrnoRet', json.field('defaultErrno'), json.field('defaultErrnoRet')),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...optionalMember('flags', json, (flags) => flags.strings() as LinuxSeccomp['flags']),
    ...optionalMember('listenerPath', json, (listener) => listener.string()),
    ...optionalMember('listenerMetadata', json, (metadata) => metadata.string()),
  };
  const rules = (json.field('syscalls').optional((syscalls) => syscalls.array()) ?? []).map((cursor) => {
    known(cursor, ruleMembers);
    return {
      syscall: readSyscall(cursor),
      includes: cursor.field('includes').optional(condition) ?? noCondition,
      excludes: cursor.field('excludes').optional(condition) ?? noCondition,
    };
  });
  return { profile, archMap, rules, unknown };
}

function readSyscall(rule: JsonCursor): LinuxSyscall {
  const name = rule.field('name').optional((one) => one.string()) ?? '';
  const names = rule.field('names').optional((many) => many.strings()) ?? [];
  if (name !== '' && names.length > 0) throw rule.error('has both name and names; use one of them');
  const args = rule.field('args').optional((list) => list.array().map(readArgument)) ?? [];
  return {
    names: name === '' ? names : [name],
    action: rule.field('action').string() as LinuxSyscall['action'],
    ...optionalErrno('errnoRet', rule.field('errno'), rule.field('errnoRet')),
    ...(args.length === 0 ? {} : { args }),
  };
}

function readArgument(argument: JsonCursor): NonNullable<LinuxSyscall['args']>[number] {
  const valueTwo = argument.field('valueTwo').optional(unsigned);
  return {
    index: argument.field('index').optional((index) => index.count()) ?? 0,
    value: argument.field('value').optional(unsigned) ?? 0,
    ...(valueTwo === undefined ? {} : { valueTwo }),
    op: argument.field('op').string() as NonNullable<LinuxSyscall['args']>[number]['op'],
  };
}

/** Reads an unsigned 64-bit number. */
function unsigned(cursor: JsonCursor): number | ExactNumber {
  const { value } = cursor;
  return isExactNumber(value) && BigInt.asUintN(64, BigInt(value.rawJSON)) === BigInt(value.rawJSON)
    ? value
    : cursor.count();
}

/** An errno by name or number takes precedence over the older member. */
function optionalErrno<Name extends string>(
  member: Name,
  errno: JsonCursor,
  errnoRet: JsonCursor,
): { [Key in Name]?: number } {
  const text = errno.optional((name) => name.string()) ?? '';
  const number =
    text === ''
      ? errnoRet.optional((value) => value.count())
      : /^\d+$/.test(text)
        ? Number(text)
        : errnoNumber(text);
  if (text !== '' && number === undefined)
    throw errno.error(`${JSON.stringify(text)} is not an error of Linux`);
  return (number === undefined ? {} : { [member]: number }) as { [Key in Name]?: number };
}

function optionalMember<Name extends string, Value>(
  name: Name,
  json: JsonCursor,
  read: (cursor: JsonCursor) => Value,
): { [Key in Name]?: Value } {
  const value = json.field(name).optional(read);
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}

function architecture(cursor: JsonCursor) {
  return {
    architecture: cursor.field('architecture').string(),
    subArchitectures: cursor.field('subArchitectures').optional((each) => each.strings()) ?? [],
  };
}

function version(cursor: JsonCursor): string {
  const text = cursor.string();
  if (!/^\d+\.\d+$/.test(text)) throw cursor.error(`${JSON.stringify(text)} is not a version as 4.8`);
  return text;
}

/** libseccomp's names of an architecture, by Node's: for conditions, and for `architectures`. */
const native: Readonly<Record<string, readonly [name: string, constant: string]>> = {
  x64: ['amd64', 'SCMP_ARCH_X86_64'],
  ia32: ['x86', 'SCMP_ARCH_X86'],
  arm64: ['arm64', 'SCMP_ARCH_AARCH64'],
  arm: ['arm', 'SCMP_ARCH_ARM'],
  ppc64: ['ppc64le', 'SCMP_ARCH_PPC64LE'],
  s390x: ['s390x', 'SCMP_ARCH_S390X'],
  riscv64: ['riscv64', 'SCMP_ARCH_RISCV64'],
  loong64: ['loong64', 'SCMP_ARCH_LOONGARCH64'],
};

/** Resolves a profile to the filter for one container and node, as Docker and CRI-O do. */
export function applySeccompProfile(
  { profile, archMap, rules }: SeccompProfile,
  { arch, kernel, capabilities }: Node,
): LinuxSeccomp {
  const [name, constant] = native[arch] ?? [arch, undefined];
  const mapped = archMap.find(({ architecture }) => architecture === constant);
  const isNew = (minKernel: string) => {
    const [major, minor] = minKernel.split('.').map(Number);
    return isKernel(kernel, major ?? 0, minor ?? 0);
  };
  const applies = rules.filter(
    ({ includes, excludes, syscall }) =>
      syscall.names.length > 0 &&
      !excludes.arches.includes(name) &&
      !excludes.caps.some((cap) => capabilities.includes(cap)) &&
      !(excludes.minKernel !== undefined && isNew(excludes.minKernel)) &&
      (includes.arches.length === 0 || includes.arches.includes(name)) &&
      includes.caps.every((cap) => capabilities.includes(cap)) &&
      (includes.minKernel === undefined || isNew(includes.minKernel)),
  );
  return {
    ...profile,
    ...(mapped === undefined ? {} : { architectures: [mapped.architecture, ...mapped.subArchitectures] }),
    syscalls: applies.map(({ syscall }) => syscall),
  };
}
