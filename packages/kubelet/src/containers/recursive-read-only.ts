// recursiveReadOnly: whether mounts below a read-only mount are read-only too. Pure.
import type { VolumeMount } from '../api/pod.ts';

/**
 * Whether the mount asks for it, of a runtime that `isSupported` by.
 *
 * @throws Error when the runtime lacks it and the mount does not do without, or the mount is writable
 */
export function isRecursivelyReadOnly(
  { name, readOnly, mountPropagation = 'None', recursiveReadOnly = 'Disabled' }: VolumeMount,
  isSupported: boolean,
): boolean {
  if (recursiveReadOnly === 'Disabled') return false;
  const requested = `volume "${name}" requested recursive read-only mode, but it is`;
  if (!readOnly) throw new Error(`${requested} not read-only`);
  if (mountPropagation !== 'None') {
    throw new Error(`${requested} not compatible with propagation "${mountPropagation}"`);
  }
  if (recursiveReadOnly === 'Enabled' && !isSupported) {
    throw new Error(`${requested} not supported by the runtime`);
  }
  return isSupported;
}

/** The mode in the status of a read-only mount. One that cannot be had is shown as not there. */
export function effectiveMode(mount: VolumeMount, isSupported: boolean): 'Disabled' | 'Enabled' {
  try {
    return isRecursivelyReadOnly(mount, isSupported) ? 'Enabled' : 'Disabled';
  } catch {
    return 'Disabled';
  }
}
