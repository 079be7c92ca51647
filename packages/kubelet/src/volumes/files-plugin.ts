// Volumes whose files the kubelet writes, and keeps up to date while containers run: configMap, secret, downwardAPI and
// projected differ only in where the files come from.
import { chmodSync, mkdirSync } from 'node:fs';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { isMountPoint, mount } from '@berth/linux/mounts/mount.ts';
import type { Pod, Volume, VolumeProjection } from '../api/pod.ts';
import type { Objects } from '../objects/objects.ts';
import type { ConfigMap } from '../objects/types.ts';
import { volumePath } from '../paths/pod-paths.ts';
import { writeAtomically } from './atomic-writer.ts';
import type { CredentialBundle } from './contents/credential-bundle.ts';
import { sameFiles, type VolumeFiles } from './contents/files.ts';
import type { ReadObject } from './contents/from-object.ts';
import type { AskedContent, AskedContents } from './contents/projection.ts';
import { type MemoryVolumes, memoryVolumeOptions } from './memory-volume.ts';
import { makeNestedMountPoints } from './nested-mounts.ts';
import { setVolumeGroup } from './ownership.ts';
import type { VolumePlugin } from './plugin.ts';
import type { ServerContents } from './server-contents.ts';

/** One kind of such volumes. */
export interface FilesKind {
  kind: VolumePlugin['kind'];
  /** Folder of this kind's volumes in the pod's `volumes`. */
  directory: string;
  medium: 'disk' | 'memory';
  /** The files of a volume. Throws when one of its sources is missing. */
  files(pod: Pod, volume: Volume, read: ReadObject, asked: AskedContents): VolumeFiles;
}

/** The parameters of these plugins. */
export interface FilesPluginPorts {
  roots: Parameters<typeof volumePath>[0];
  objects: Objects;
  memoryVolumes: MemoryVolumes;
  /** What an API server makes for pods; undefined without one. */
  server?: ServerContents | undefined;
}

/** How long a token is valid unless its source says otherwise. */
const defaultTokenSeconds = 3600;

/** What this kubelet has written to a volume. */
interface Written {
  files: VolumeFiles | undefined;
  /** Objects with `immutable: true` that the volume has shown: it keeps them whatever becomes of them. */
  immutable: Map<string, ConfigMap>;
}

/** The plugin of one kind. */
export function filesPlugin(
  { kind, directory, medium, files: filesOf }: FilesKind,
  { roots, objects, memoryVolumes, server }: FilesPluginPorts,
): VolumePlugin {
  /** By path of the volume. */
  const known = new Map<string, Written>();
  return {
    kind,
    isLive: true,
    setUp: async (pod, volume) => {
      const path = volumePath(roots, pod.metadata.uid, directory, volume.name);
      const written = known.get(path) ?? { files: undefined, immutable: new Map() };
      const asked = await askedContents(pod, volume, server);
      const files = filesOf(pod, volume, readerOf(objects, written.immutable), asked);
      if (written.files === undefined || !sameFiles(written.files, files)) {
        makeDirectory(path);
        if (medium === 'memory' && !isMountPoint(path)) {
          const data = memoryVolumeOptions(pod, undefined, memoryVolumes);
          mount({ source: 'tmpfs', target: path, fstype: 'tmpfs', data });
        }
        makeNestedMountPoints(pod, volume.name, path);
        const { fsGroup } = pod.spec.securityContext;
        await writeAtomically(path, files, () => setVolumeGroup(path, fsGroup, 'read-only'));
        known.set(path, { ...written, files });
      }
      return { from: 'node', path, isReadOnly: true, isRelabelled: true };
    },
    onDisk: {
      directory,
      tearDown: async (path) => {
        known.delete(path);
        await removeTree(path);
      },
    },
  };
}

/** Makes the volume's directory, which any user may enter, as that of an emptyDir. */
function makeDirectory(path: string): void {
  if (isMountPoint(path)) return;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o777);
}

/** What the volume has of the API server, each as new as it has to be. */
async function askedContents(
  pod: Pod,
  { name: volume, projected }: Volume,
  server: ServerContents | undefined,
): Promise<AskedContents> {
  const asked = new Map<number, AskedContent>();
  if (!server) return asked;
  for (const [index, source] of (projected?.sources ?? []).entries()) {
    try {
      const content = await askFor(source, { pod, volume, index }, server);
      if (content !== undefined) asked.set(index, content);
    } catch (error) {
      asked.set(index, error instanceof Error ? error : new Error(String(error)));
    }
  }
  return asked;
}

/** The content of a source that an API server makes; undefined for other sources. */
async function askFor(
  { serviceAccountToken, clusterTrustBundle, podCertificate }: VolumeProjection,
  { pod, volume, index }: { pod: Pod; volume: string; index: number },
  server: ServerContents,
): Promise<Buffer | CredentialBundle | undefined> {
  if (podCertificate) return await server.certificate(pod, { volume, index, projection: podCertificate });
  if (clusterTrustBundle) return Buffer.from(await server.trustAnchors(clusterTrustBundle));
  if (!serviceAccountToken) return undefined;
  const { audience = '', expirationSeconds = defaultTokenSeconds } = serviceAccountToken;
  return Buffer.from(await server.token(pod, { audience, expirationSeconds }));
}

/** Reads objects, and keeps those that are immutable. */
function readerOf(objects: Objects, kept: Map<string, ConfigMap>): ReadObject {
  return ({ kind, namespace, name }) => {
    const key = `${kind}/${namespace}/${name}`;
    const known = kept.get(key);
    if (known) return known.data;
    const found = kind === 'ConfigMap' ? objects.configMap(namespace, name) : objects.secret(namespace, name);
    if (found?.immutable) kept.set(key, found);
    return found?.data;
  };
}
