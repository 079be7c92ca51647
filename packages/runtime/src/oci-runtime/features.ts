// Asks an OCI runtime which optional features it has, by its command `features`.

import { isObject } from '@berth/common/json/is-object.ts';
import type { OciRuntime } from './runtime.ts';

/** Optional features of an OCI runtime. */
export interface OciRuntimeFeatures {
  /** The mount option `rro`. */
  readonly recursiveReadOnly: boolean;
  /** Containers that join a user namespace. */
  readonly userNamespaces: boolean;
  /** `netDevices`: interfaces of the host that move into the container. */
  readonly netDevices: boolean;
}

/** Timeout of `features`. */
const timeoutMs = 5_000;

/**
 * Runs the command `features`, which is part of the OCI runtime specification since 1.1. crun has the command since
 * 1.9, but recursive read-only mounts and user namespaces since 1.4.
 */
export async function runtimeFeatures(runtime: OciRuntime): Promise<OciRuntimeFeatures> {
  try {
    return parseFeatures(await runtime.run(['features'], { timeoutMs }));
  } catch {
    const isOldCrun = runtime.flavor === 'crun';
    return { recursiveReadOnly: isOldCrun, userNamespaces: isOldCrun, netDevices: false };
  }
}

/** Parses the output of `features`, a JSON object; a missing member means a missing feature. */
export function parseFeatures(text: string): OciRuntimeFeatures {
  const features: unknown = JSON.parse(text);
  const at = (...path: string[]) =>
    path.reduce((value: unknown, key) => (isObject(value) ? value[key] : undefined), features);
  const names = (...path: string[]): unknown[] => {
    const value = at(...path);
    return Array.isArray(value) ? value : [];
  };
  return {
    recursiveReadOnly: names('mountOptions').includes('rro'),
    userNamespaces: names('linux', 'namespaces').includes('user'),
    netDevices: at('linux', 'netDevices', 'enabled') === true,
  };
}
