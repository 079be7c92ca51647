// configMap volumes: a file for each key of a ConfigMap.
// https://kubernetes.io/docs/concepts/storage/volumes/#configmap
import { pluginDirs } from '../../paths/pod-paths.ts';
import { defaultFileMode } from '../contents/files.ts';
import { objectFiles } from '../contents/from-object.ts';
import type { FilesKind } from '../files-plugin.ts';

/** configMap volumes. */
export const configMapVolumes: FilesKind = {
  kind: 'configMap',
  directory: pluginDirs.configMap,
  medium: 'disk',
  files: (pod, { configMap = {} }, read) => {
    const { name = '', items, optional, defaultMode = defaultFileMode, defaultUser } = configMap;
    const defaults = { mode: defaultMode, user: defaultUser };
    return objectFiles({ kind: 'ConfigMap', name, items, optional }, pod.metadata.namespace, defaults, read);
  },
};
