// The ids of the node that pods may have: those that /etc/subuid and /etc/subgid give to the user `kubelet`, subuid(5).

import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';

const user = 'kubelet';
/** Ids are 32 bits. */
const idCount = 2 ** 32;
/** A range has this length, or several times this. */
const unit = 65_536;
const maxBytes = 16 * 1024 * 1024;

/** The ids of the node that pods may have; each pod gets `idsPerPod` of them. */
export interface NodeIds {
  firstId: number;
  length: number;
  idsPerPod: number;
}

/** The texts of the files; '' for one that does not exist. */
export interface IdFiles {
  passwd: string;
  subuid: string;
  subgid: string;
}

/** Reads the files of this node. */
export function readIdFiles(): IdFiles {
  return { passwd: read('/etc/passwd'), subuid: read('/etc/subuid'), subgid: read('/etc/subgid') };
}

/**
 * Pure: the node's ids. Without a user `kubelet`, or without a range of its own, all ids but the first `idsPerPod`.
 * Throws an error when users and groups differ, or when there are several ranges.
 */
export function subordinateIds({ passwd, subuid, subgid }: IdFiles, idsPerPod: number): NodeIds {
  const everything = { firstId: idsPerPod, length: idCount - idsPerPod, idsPerPod };
  const account = passwd.split('\n').find((line) => line.startsWith(`${user}:`));
  if (account === undefined) return everything;
  const names = [user, account.split(':')[2] ?? user];
  const users = rangesOf(subuid, names);
  const groups = rangesOf(subgid, names);
  if (users.join('\n') !== groups.join('\n'))
    throw new Error(`mismatched subuids and subgids for user "${user}"`);
  const [range, ...more] = users;
  if (range === undefined) return everything;
  if (more.length > 0)
    throw new Error(`error parsing line ${JSON.stringify(users.join('\n'))}: it must contain only one line`);
  const [firstId = Number.NaN, length = Number.NaN] = range.split(':').map(Number);
  if (!Number.isInteger(firstId) || !Number.isInteger(length) || firstId + length > idCount)
    throw new Error(`invalid line ${JSON.stringify(range)}`);
  return { firstId, length, idsPerPod };
}

/** What is wrong with the node's ids for up to `maxPods` pods; undefined for valid ones. */
export function nodeIdsProblem({ firstId, length, idsPerPod }: NodeIds, maxPods: number): string | undefined {
  if (idsPerPod % unit !== 0)
    return `kubelet user namespace length ${idsPerPod} is not a multiple of ${unit}`;
  if (firstId % idsPerPod !== 0)
    return `kubelet user assigned ID ${firstId} is not a multiple of ${idsPerPod}`;
  // Id 0 is root's: to map it would be no protection.
  if (firstId < idsPerPod)
    return `kubelet user assigned ID ${firstId} must be greater or equal to ${idsPerPod}`;
  if (length % idsPerPod !== 0)
    return `kubelet user assigned IDs length ${length} is not a multiple of ${idsPerPod}`;
  if (length / idsPerPod < maxPods)
    return `kubelet user assigned IDs are not enough to support ${maxPods} pods`;
  return undefined;
}

/** The `FIRST:COUNT` of each line for one of these names. */
function rangesOf(text: string, names: readonly string[]): string[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', ...range] = line.trim().split(':');
    return names.includes(name) ? [range.join(':')] : [];
  });
}

function read(path: string): string {
  try {
    return readRegularFileSync(path, { maxBytes }).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
