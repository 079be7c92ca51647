// The files of a projected volume: those of several sources in one folder. Pure.
import { messageOf } from '@berth/common/error-message.ts';
import { eachContainer } from '../../api/each-container.ts';
import type {
  Pod,
  PodCertificateProjection,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../../api/pod.ts';
import type { NodeCapacity } from '../../node/node-facts.ts';
import type { CredentialBundle } from './credential-bundle.ts';
import { defaultFileMode, type FileDefaults, type VolumeFile, type VolumeFiles } from './files.ts';
import { objectFiles, type ReadObject } from './from-object.ts';
import { podFiles } from './from-pod.ts';

/** What was asked of an API server for a source: the content of its file, a key with certificates, or why there is none. */
export type AskedContent = Buffer | CredentialBundle | Error;

/** By the source's index. */
export type AskedContents = ReadonlyMap<number, AskedContent>;

/** The files of all sources; of two with one path the later. Throws once, with all that is missing. */
export function projectedFiles(
  { sources = [], defaultMode = defaultFileMode, defaultUser }: ProjectedVolumeSource,
  pod: Pod,
  read: ReadObject,
  node: NodeCapacity,
  asked: AskedContents = new Map(),
): VolumeFiles {
  const defaults = { mode: defaultMode, user: defaultUser };
  const files = new Map<string, VolumeFile>();
  const problems = new Set<string>();
  for (const [index, source] of sources.entries()) {
    try {
      const made = source.serviceAccountToken ?? source.clusterTrustBundle ?? source.podCertificate;
      const found = made
        ? askedFiles(made, pod, defaults, asked.get(index))
        : sourceFiles(source, pod, defaults, read, node);
      for (const [path, file] of found) files.set(path, file);
    } catch (error) {
      problems.add(messageOf(error));
    }
  }
  const [first, ...others] = problems;
  if (first === undefined) return files;
  throw new Error(others.length === 0 ? first : `[${[...problems].join(', ')}]`);
}

function sourceFiles(
  { configMap, secret, downwardAPI, ...others }: VolumeProjection,
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
  const [other] = Object.keys(others);
  // From the API server, which knows sources that this kubelet does not.
  if (other !== undefined) throw new Error(`${other}: not supported by this kubelet yet`);
  return podFiles(downwardAPI?.items ?? [], pod, defaults, node);
}

/** Files that an API server has made for this pod: only for the user of its containers, or for its group. */
function askedFiles(
  source: ({ path: string } | PodCertificateProjection) & { user?: number },
  pod: Pod,
  { mode, user: ofVolume }: FileDefaults,
  content: AskedContent | undefined,
): VolumeFiles {
  if (content === undefined) throw new Error('there is no API server to ask');
  if (content instanceof Error) throw content;
  const user = source.user ?? ofVolume ?? onlyUser(pod);
  const isPrivate = user !== undefined || pod.spec.securityContext.fsGroup !== undefined;
  const file = (data: Buffer): VolumeFile => ({ data, mode: isPrivate ? 0o600 : mode, user });
  return new Map(contentsOf(source, content).map(([path, data]) => [path, file(data)]));
}

/** A content in its one file, or a key and its certificates in those that the source names. */
function contentsOf(
  source: { path: string } | PodCertificateProjection,
  content: Buffer | CredentialBundle,
): [path: string, data: Buffer][] {
  if ('path' in source) return Buffer.isBuffer(content) ? [[source.path, content]] : [];
  if (Buffer.isBuffer(content)) return [];
  const { key, chain } = content;
  const { credentialBundlePath = '', keyPath = '', certificateChainPath = '' } = source;
  const texts: [path: string, text: string][] = [
    [credentialBundlePath, key + chain],
    [keyPath, key],
    [certificateChainPath, chain],
  ];
  return texts.filter(([path]) => path !== '').map(([path, text]) => [path, Buffer.from(text)]);
}

/** The user that all containers of the pod run as; undefined: one does not say, or they differ. */
function onlyUser({ spec }: Pod): number | undefined {
  const users = eachContainer(spec).map(
    ({ container }) => container.securityContext?.runAsUser ?? spec.securityContext.runAsUser,
  );
  return new Set(users).size === 1 ? users[0] : undefined;
}
