import { release } from 'node:os';
import type { RuntimeHandlerFeatures } from '@berth/cri/generated/api.ts';
import { canShiftOwners } from '@berth/linux/namespaces/user.ts';
import type { Context } from './context.ts';
import { runtimeFeatures } from './oci-runtime/features.ts';
import type { OciRuntime } from './oci-runtime/runtime.ts';

const known = new WeakMap<OciRuntime, Promise<RuntimeHandlerFeatures>>();

/** What Status tells of a runtime handler: what its OCI runtime, the kernel and the file system can do together. */
export function handlerFeatures({ paths }: Context, runtime: OciRuntime): Promise<RuntimeHandlerFeatures> {
  const features = known.get(runtime) ?? findFeatures(runtime, paths.root);
  known.set(runtime, features);
  return features;
}

async function findFeatures(runtime: OciRuntime, root: string): Promise<RuntimeHandlerFeatures> {
  const { recursiveReadOnly, userNamespaces } = await runtimeFeatures(runtime);
  return {
    recursiveReadOnlyMounts: recursiveReadOnly && isKernel(release(), 5, 12),
    // An overlay takes layers with shifted owners since Linux 5.19.
    userNamespaces: userNamespaces && isKernel(release(), 5, 19) && canShiftOwners(root),
  };
}

/** Whether a kernel's release, as `6.1.0-18-amd64`, is this version or a later one. */
export function isKernel(text: string, major: number, minor: number): boolean {
  const [, itsMajor, itsMinor] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return Number(itsMajor) > major || (Number(itsMajor) === major && Number(itsMinor) >= minor);
}
