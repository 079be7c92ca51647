// The UID that the real kubelet gives a static pod: a hash of all that its manifest says, after the API's defaults, and
// of where the manifest is. Tools that know the UIDs of a node's static pods find the same pods with either kubelet.
import { isObject } from '@berth/common/json/is-object.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { withDefaults } from '../../api/defaults.ts';
import type { JsonObject } from '../../api/pod-shape.ts';
import { dump } from './dump.ts';
import { fnv128a } from './fnv128.ts';

/** Where a manifest comes from. */
export interface ManifestOrigin {
  /** Name of this node. */
  nodeName: string;
  /** Path of the manifest, or its URL. */
  file: string;
  /** What that is; default: a file. */
  source?: 'file' | 'http';
}

/** The UID, 32 hexadecimal digits, of a pod without one; `manifest` is the pod as the manifest has it. */
export function staticPodUid(
  pod: v1.Pod,
  manifest: JsonObject,
  { nodeName, file, source }: ManifestOrigin,
): string {
  return fnv128a(
    dumpPod(pod, manifest) + (source === 'http' ? `url:${file}` : `host:${nodeName}file:${file}`),
  );
}

/** The text that the UID is a hash of, without the origin. */
function dumpPod(pod: v1.Pod, manifest: JsonObject): string {
  const { apiVersion: _1, kind: _2, ...given } = withDefaults(asWritten(pod, manifest));
  // A status has no effect, and counts here.
  const status = withPodIps(isObject(manifest['status']) ? manifest['status'] : {});
  return `(*core.Pod)${dump('core.Pod', { ...given, status })}`;
}

/** The API keeps the first address of a status and its list of addresses the same. */
function withPodIps(status: JsonObject): JsonObject {
  const { podIP, podIPs } = status;
  const first: unknown = Array.isArray(podIPs) ? podIPs[0] : undefined;
  const listed = isObject(first) ? first['ip'] : undefined;
  if (!podIP) return { ...status, podIP: listed };
  return listed === podIP ? status : { ...status, podIPs: [{ ip: podIP }] };
}

/** A value of a checked manifest with its numbers and quantities as the text has them: "0.5" is not "500m" here. */
function asWritten<Value>(checked: Value, written: unknown): Value;
function asWritten(checked: unknown, written: unknown): unknown {
  if (Array.isArray(checked)) {
    const entries: readonly unknown[] = Array.isArray(written) ? written : [];
    return checked.map((entry: unknown, index) => asWritten(entry, entries[index]));
  }
  if (!isObject(checked)) return written === undefined ? checked : written;
  const fields = isObject(written) ? written : {};
  return Object.fromEntries(
    Object.entries(checked).map(([name, value]) => [name, asWritten(value, fields[name])]),
  );
}
