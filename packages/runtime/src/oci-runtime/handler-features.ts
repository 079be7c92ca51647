// Computes the features that a runtime handler offers on this node, and refuses requests that need others.

import { statSync } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import type { Mount, RuntimeHandlerFeatures } from '@berth/cri/generated/api.ts';
import type { IdMappings } from '@berth/linux/namespaces/id-mappings.ts';
import { canShiftOwners } from '@berth/linux/namespaces/user-namespace.ts';
import { isKernel } from '../host/kernel-version.ts';
import { invalid } from '../rpc/errors.ts';
import type { Paths } from '../state/paths.ts';
import { runtimeFeatures } from './features.ts';
import type { OciRuntime } from './runtime.ts';

const known = new WeakMap<OciRuntime, Promise<RuntimeHandlerFeatures>>();

/** Features of a runtime handler in Status: what its OCI runtime, the kernel and the file system support together. */
export function handlerFeatures(
  { paths }: { readonly paths: Paths },
  runtime: OciRuntime,
): Promise<RuntimeHandlerFeatures> {
  const features = known.get(runtime) ?? findFeatures(runtime, paths.root);
  known.set(runtime, features);
  return features;
}

/** Refuses a pod with a user namespace where the node does not support it, before anything is created. */
export async function checkUserNamespace(
  services: { readonly paths: Paths },
  runtime: OciRuntime,
  users: IdMappings | undefined,
): Promise<void> {
  if (users === undefined) return;
  const field = 'config.linux.security_context.namespace_options.userns_options';
  const { root, state } = services.paths;
  if (!(await handlerFeatures(services, runtime)).userNamespaces) {
    throw invalid(
      field,
      `user namespaces are not supported by ${runtime.name} on this kernel and the file system of ${root}`,
    );
  }
  const closed = closedFolder(dirname(state));
  if (closed !== undefined) {
    throw invalid(
      field,
      `other users cannot pass through ${closed}, where the containers' roots are: chmod o+x ${closed}, or set another state in berthd's configuration`,
    );
  }
}

/** The first directory on the path to `path` that other users cannot enter; undefined when there is none. */
function closedFolder(path: string): string | undefined {
  const parent = dirname(path);
  const above = parent === path ? undefined : closedFolder(parent);
  return above ?? ((statSync(path).mode & 0o001) === 0 ? path : undefined);
}

/** Refuses recursively read-only mounts when the runtime might silently leave submounts writable. */
export async function checkRecursiveReadOnly(
  services: { readonly paths: Paths },
  runtime: OciRuntime,
  mounts: readonly Mount[],
): Promise<void> {
  const index = mounts.findIndex(({ recursiveReadOnly }) => recursiveReadOnly);
  if (index < 0 || (await handlerFeatures(services, runtime)).recursiveReadOnlyMounts) return;
  // A kubelet parses the first word and shows it as the container's waiting reason.
  const field = `RROUnsupported: config.mounts[${index}].recursive_read_only`;
  throw invalid(field, `${runtime.name} on this kernel does not support recursively read-only mounts`);
}

async function findFeatures(runtime: OciRuntime, root: string): Promise<RuntimeHandlerFeatures> {
  const { recursiveReadOnly, userNamespaces } = await runtimeFeatures(runtime);
  return {
    recursiveReadOnlyMounts: recursiveReadOnly && isKernel(release(), 5, 12),
    // overlayfs supports idmapped lower layers since Linux 5.19.
    userNamespaces: userNamespaces && isKernel(release(), 5, 19) && canShiftOwners(root),
  };
}
