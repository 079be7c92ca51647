// The files of a projected volume: those of several sources in one folder. Pure.
import { messageOf } from '@berth/common/error-message.ts';
import type { Pod, ProjectedVolumeSource, VolumeProjection } from '../../api/pod.ts';
import type { NodeCapacity } from '../../node/node-facts.ts';
import { defaultFileMode, type FileDefaults, type VolumeFile, type VolumeFiles } from './files.ts';
import { objectFiles, type ReadObject } from './from-object.ts';
import { podFiles } from './from-pod.ts';

/** The files of all sources; of two with one path the later. Throws once, with all that is missing. */
export function projectedFiles(
  { sources = [], defaultMode = defaultFileMode, defaultUser }: ProjectedVolumeSource,
  pod: Pod,
  read: ReadObject,
  node: NodeCapacity,
): VolumeFiles {
  const defaults = { mode: defaultMode, user: defaultUser };
  const files = new Map<string, VolumeFile>();
  const problems = new Set<string>();
  for (const source of sources) {
    try {
      for (const [path, file] of sourceFiles(source, pod, defaults, read, node)) files.set(path, file);
    } catch (error) {
      problems.add(messageOf(error));
    }
  }
  const [first, ...others] = problems;
  if (first === undefined) return files;
  throw new Error(others.length === 0 ? first : `[${[...problems].join(', ')}]`);
}

function sourceFiles(
  { configMap, secret, downwardAPI }: VolumeProjection,
  pod: Pod,
  defaults: FileDefaults,
  read: ReadObject,
  node: NodeCapacity,
): VolumeFiles {
  const { namespace } = pod.metadata;
  if (configMap) {
    const source = { kind: 'ConfigMap', name: '', ...configMap } as const;
    return objectFiles(source, namespace, defaults, read);
  }
  if (secret) return objectFiles({ kind: 'Secret', name: '', ...secret }, namespace, defaults, read);
  return podFiles(downwardAPI?.items ?? [], pod, defaults, node);
}
