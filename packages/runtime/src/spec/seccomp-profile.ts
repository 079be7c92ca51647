import type { LinuxSeccomp } from '@berth/oci/runtime-spec.ts';
import { invalid } from '../errors.ts';

const MEMBERS = [
  'defaultAction',
  'defaultErrnoRet',
  'architectures',
  'flags',
  'listenerPath',
  'listenerMetadata',
  'syscalls',
];
const SYSCALL_MEMBERS = ['names', 'action', 'errnoRet', 'args'];

/**
 * Parses a seccomp profile file in the form of the OCI runtime spec. The members by which Docker's own
 * profiles depend on capabilities and architectures are refused, since to skip them would change what
 * the profile allows. Values are left for the OCI runtime to check.
 */
export function parseSeccompProfile(text: string, path: string): LinuxSeccomp {
  const refuse = (problem: string) => invalid(`seccomp profile ${path}`, problem);
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch (error) {
    throw refuse(`is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const members = record(profile);
  if (members === undefined) throw refuse('is not a JSON object');
  if (!isProfile(members)) throw refuse('defaultAction has to be a string, and syscalls a list');
  const unknown = Object.keys(members).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw refuse(`${unknown} is not a member of an OCI seccomp profile`);
  for (const [index, syscall] of (members.syscalls ?? []).entries()) {
    const extra = Object.keys(record(syscall) ?? { null: 0 }).find((name) => !SYSCALL_MEMBERS.includes(name));
    if (extra !== undefined)
      throw refuse(`syscalls[${index}].${extra} is not a member of an OCI seccomp profile`);
  }
  return members;
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function isProfile(members: Record<string, unknown>): members is Record<string, unknown> & LinuxSeccomp {
  const { defaultAction, syscalls } = members;
  return typeof defaultAction === 'string' && (syscalls === undefined || Array.isArray(syscalls));
}
