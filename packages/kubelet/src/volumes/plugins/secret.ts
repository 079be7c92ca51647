// secret volumes: a file for each key of a Secret, in memory, so that it never reaches a disk.
// https://kubernetes.io/docs/concepts/storage/volumes/#secret
import { pluginDirs } from '../../paths/pod-paths.ts';
import { defaultFileMode } from '../contents/files.ts';
import { objectFiles } from '../contents/from-object.ts';
import type { FilesKind } from '../files-plugin.ts';

/** secret volumes. */
export const secretVolumes: FilesKind = {
  kind: 'secret',
  directory: pluginDirs.secret,
  medium: 'memory',
  files: (pod, { secret = {} }, read) => {
    const { secretName = '', items, optional, defaultMode = defaultFileMode, defaultUser } = secret;
    const source = { kind: 'Secret', name: secretName, items, optional } as const;
    return objectFiles(source, pod.metadata.namespace, { mode: defaultMode, user: defaultUser }, read);
  },
};
