// downwardAPI volumes: files that tell a pod about itself, in memory.
// https://kubernetes.io/docs/concepts/storage/volumes/#downwardapi

import type { NodeCapacity } from '../../node/node-facts.ts';
import { pluginDirs } from '../../paths/pod-paths.ts';
import { defaultFileMode } from '../contents/files.ts';
import { podFiles } from '../contents/from-pod.ts';
import type { FilesKind } from '../files-plugin.ts';

/** downwardAPI volumes on a node of this size. */
export function downwardApiVolumes(node: NodeCapacity): FilesKind {
  return {
    kind: 'downwardAPI',
    directory: pluginDirs.downwardAPI,
    medium: 'memory',
    files: (pod, { downwardAPI = {} }) => {
      const { items = [], defaultMode = defaultFileMode, defaultUser } = downwardAPI;
      return podFiles(items, pod, { mode: defaultMode, user: defaultUser }, node);
    },
  };
}
