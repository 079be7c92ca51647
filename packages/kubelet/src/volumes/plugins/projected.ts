// projected volumes: files of several sources in one folder, in memory.
// https://kubernetes.io/docs/concepts/storage/projected-volumes/

import type { NodeCapacity } from '../../node/node-facts.ts';
import { pluginDirs } from '../../paths/pod-paths.ts';
import { projectedFiles } from '../contents/projection.ts';
import type { FilesKind } from '../files-plugin.ts';

/** projected volumes on a node of this size. */
export function projectedVolumes(node: NodeCapacity): FilesKind {
  return {
    kind: 'projected',
    directory: pluginDirs.projected,
    medium: 'memory',
    files: (pod, { projected = {} }, read, asked) => projectedFiles(projected, pod, read, node, asked),
  };
}
