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
 * Asks a runtime by its command `features`, which the OCI runtime specification has since 1.1. crun has it since
 * 1.9, and both of these features since 1.4.
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
