// Computes the mounts of a container, in order, from defaults, the pod's files and the request. Pure.

import { posix } from 'node:path';
import { type Mount as CriMount, MountPropagation } from '@berth/cri/generated/api.ts';
import type { Mount } from '@berth/oci/runtime-spec/config.ts';
import { invalid } from '../rpc/errors.ts';
import type { Warn } from '../rpc/warn.ts';
import { defaultMounts, podFileMounts } from './default-mounts.ts';
import type { MountSource, SandboxView } from './input.ts';
import { procMountProblem } from './proc-mounts.ts';

export interface MountsInput {
  requests: readonly CriMount[];
  /** One per request, in order. */
  sources: readonly MountSource[];
  /** Mount restrictions of the host's /dev/shm. */
  hostShm: MountSource['restrictions'];
  sandbox: Pick<SandboxView, 'files' | 'shm' | 'users' | 'namespaces'>;
  privileged: boolean;
  readonlyRootfs: boolean;
  warn: Warn;
}

export interface MountsResult {
  mounts: Mount[];
  /** Propagation of the root's mounts; undefined for the runtime's default, private. */
  rootfsPropagation: 'rslave' | 'rshared' | undefined;
}

/**
 * All mounts of a container in mount order: the defaults, then the pod's files and the requested ones, shallow before
 * deep, so that none hides another. A requested mount replaces a default one with the same destination, and one on
 * /dev replaces all below it.
 */
export function containerMounts(input: MountsInput): MountsResult {
  const requested = input.requests.map((request, index) =>
    bindMount(request, input.sources[index], { index, warn: input.warn }),
  );
  const taken = new Set(requested.map(({ destination }) => destination));
  const replaced = (destination: string) =>
    taken.has(destination) || (taken.has('/dev') && destination.startsWith('/dev/'));
  const { shm, users, namespaces } = input.sandbox;
  const foreignNetwork = users !== undefined && namespaces.network === undefined;
  const defaults = defaultMounts({
    privileged: input.privileged,
    shm,
    shmRestrictions: namespaces.ipc === undefined ? input.hostShm : undefined,
    foreignNetwork,
  });
  const files = podFileMounts(input.sandbox.files, input.readonlyRootfs);
  const later = [...files.filter(({ destination }) => !replaced(destination)), ...requested];
  return {
    mounts: [
      ...defaults.filter(({ destination }) => !replaced(destination)),
      ...later.sort((one, other) => depth(one.destination) - depth(other.destination)),
    ],
    rootfsPropagation: rootfsPropagation(input.requests),
  };
}

function depth(destination: string): number {
  return destination.split('/').length;
}

function bindMount(
  request: CriMount,
  source: MountSource | undefined,
  { index, warn }: { index: number; warn: Warn },
): Mount {
  const field = `config.mounts[${index}]`;
  if (!request.containerPath.startsWith('/') && request.containerPath !== '') {
    const shown = JSON.stringify(request.containerPath);
    warn(`${field}.container_path`, `${shown} is relative, and taken from the root as OCI runtimes do`);
  }
  const destination = posix.resolve('/', request.containerPath);
  if (destination === '/')
    throw invalid(`${field}.container_path`, 'the root of a container cannot be mounted over');
  if (source === undefined) throw new Error(`${field}: its source was not looked up`);
  const problem = procMountProblem(destination, source.fstype);
  if (problem !== undefined) throw invalid(`${field}.container_path`, problem);
  const propagation = propagationOption(request, source, { field, warn });
  // crun sets exactly the given options on a bind mount, and clears those of the source.
  const options = new Set([...mountOptions(request, field), ...source.restrictions]);
  return {
    destination,
    type: 'bind',
    source: source.path,
    options: ['rbind', propagation, accessOption(request, source, field), ...options],
  };
}

function propagationOption(
  request: CriMount,
  source: MountSource,
  { field, warn }: { field: string; warn: Warn },
): string {
  const refuse = (needed: string) =>
    invalid(
      `${field}.propagation`,
      `${source.path} is on the mount ${source.mountPoint}, which is not ${needed}; make it so with mount --make-rshared`,
    );
  switch (request.propagation) {
    case MountPropagation.PROPAGATION_PRIVATE:
      return 'rprivate';
    case MountPropagation.PROPAGATION_HOST_TO_CONTAINER:
      if (source.propagation === 'private') throw refuse('a shared or slave mount');
      return 'rslave';
    case MountPropagation.PROPAGATION_BIDIRECTIONAL:
      if (source.propagation !== 'shared') throw refuse('a shared mount');
      return 'rshared';
    default:
      warn(`${field}.propagation`, `${request.propagation} is not known, and taken as private`);
      return 'rprivate';
  }
}

function accessOption(request: CriMount, source: MountSource, field: string): string {
  if (!request.recursiveReadOnly) return request.readonly || source.readonly ? 'ro' : 'rw';
  if (!request.readonly) throw invalid(`${field}.recursive_read_only`, 'needs readonly to be set too');
  if (request.propagation !== MountPropagation.PROPAGATION_PRIVATE) {
    throw invalid(`${field}.recursive_read_only`, 'needs private propagation');
  }
  return 'rro';
}

/**
 * The options that Kubernetes allows in a volumeMount's bindMountOptions; others duplicate fields, or have no
 * effect.
 */
const supportedMountOptions = new Set(['noexec', 'nodev', 'nosuid']);

function mountOptions(request: CriMount, field: string): string[] {
  for (const [index, option] of request.mountOptions.entries()) {
    if (supportedMountOptions.has(option)) continue;
    const known = [...supportedMountOptions].join(', ');
    throw invalid(
      `${field}.mount_options[${index}]`,
      `${JSON.stringify(option)} is not supported; supported are ${known}`,
    );
  }
  return request.mountOptions;
}

function rootfsPropagation(requests: readonly CriMount[]): MountsResult['rootfsPropagation'] {
  const wants = (propagation: MountPropagation) =>
    requests.some((request) => request.propagation === propagation);
  if (wants(MountPropagation.PROPAGATION_BIDIRECTIONAL)) return 'rshared';
  return wants(MountPropagation.PROPAGATION_HOST_TO_CONTAINER) ? 'rslave' : undefined;
}
