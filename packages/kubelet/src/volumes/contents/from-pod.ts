// The files that a volume takes from its own pod. Pure.
// https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
import { goQuoted } from '@berth/common/go-quote.ts';
import { findContainer } from '../../api/each-container.ts';
import type { DownwardFile, Pod } from '../../api/pod.ts';
import { fieldValue, resourceValue } from '../../env/downward-api.ts';
import type { NodeCapacity } from '../../node/node-facts.ts';
import type { FileDefaults, VolumeFile, VolumeFiles } from './files.ts';

/** The files of a downwardAPI volume or source. */
export function podFiles(
  items: readonly DownwardFile[],
  pod: Pod,
  defaults: FileDefaults,
  node: NodeCapacity,
): VolumeFiles {
  const files = new Map<string, VolumeFile>();
  for (const item of items) {
    const { path, mode = defaults.mode, user = defaults.user } = item;
    files.set(path, { data: Buffer.from(textOf(item, pod, node)), mode, user });
  }
  return files;
}

function textOf({ fieldRef, resourceFieldRef }: DownwardFile, pod: Pod, node: NodeCapacity): string {
  if (fieldRef) return field(pod, fieldRef.fieldPath, node);
  if (!resourceFieldRef) return '';
  const { containerName = '', resource, divisor } = resourceFieldRef;
  const container = findContainer(pod.spec, containerName);
  if (!container) throw new Error(`container ${containerName} not found`);
  return resourceValue(container, resource, divisor, node);
}

function field(pod: Pod, path: string, node: NodeCapacity): string {
  if (path === 'metadata.labels') return mapText(pod.metadata.labels);
  if (path === 'metadata.annotations') return mapText(pod.metadata.annotations);
  // A volume is made before the pod has an address; validation refuses the fields with addresses.
  return fieldValue(pod, path, { hostIps: [], podIps: [], node });
}

/** One `key="value"` per line, by key, without a line feed at the end. */
function mapText(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${goQuoted(map[key] ?? '')}`)
    .join('\n');
}
