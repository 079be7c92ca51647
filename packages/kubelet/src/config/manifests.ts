// The state of each manifest file: which pods run, which are rejected and why. Pure; file-source.ts watches and reads.
import { type Pod, podKey } from '../api/pod.ts';
import type { DecodedPod } from './decode.ts';
import type { PodUpdate, RejectedManifest } from './pod-source.ts';

/** Maximum size of a manifest. */
export const maxManifestBytes = 10 * 1024 * 1024;

/** The state of one file. */
export interface ManifestFile {
  /** Its running pods: those of the newest text, or of an older text while the newest is invalid. */
  pods: readonly Pod[];
  /** The errors in its newest text. */
  rejected: readonly RejectedManifest[];
  /** Fields without effect in its newest text, by pod. */
  warnings?: readonly { pod: string; message: string }[];
}

/**
 * The state after the file was read again. A pod whose manifest became invalid keeps running, so that an editor's
 * half-written file kills nothing; a pod that is no longer in the file is terminated.
 */
export function updateFile(
  file: string,
  before: ManifestFile | undefined,
  decoded: readonly DecodedPod[],
): ManifestFile {
  const former = new Map((before?.pods ?? []).map((pod) => [podKey(pod) as string, pod]));
  const pods: Pod[] = [];
  const rejected: RejectedManifest[] = [];
  const warnings: { pod: string; message: string }[] = [];
  for (const entry of decoded) {
    if (entry.ok) {
      warnings.push(...entry.warnings.map((message) => ({ pod: podKey(entry.pod), message })));
      const known = former.get(podKey(entry.pod));
      pods.push(known && known.metadata.uid === entry.pod.metadata.uid ? known : entry.pod);
      continue;
    }
    const lastGood = entry.key === undefined ? undefined : former.get(entry.key);
    if (lastGood) pods.push(lastGood);
    const pod = entry.key === undefined ? {} : { pod: entry.key };
    rejected.push({ file, ...pod, message: entry.message, lastGoodRuns: lastGood !== undefined });
  }
  if (decoded.some((entry) => !entry.ok && entry.key === undefined)) pods.push(...lostPods(former, pods));
  return { pods, rejected, warnings };
}

/** The earlier pods of documents that cannot be parsed now. */
function lostPods(former: ReadonlyMap<string, Pod>, pods: readonly Pod[]): Pod[] {
  const present = new Set<string>(pods.map(podKey));
  const missing = [...former].filter(([key]) => !present.has(key)).map(([, pod]) => pod);
  return missing.slice(missing.length - Math.max(0, former.size - pods.length));
}

/** The state after a read without any usable document: keeps the pods. */
export function failFile(file: string, before: ManifestFile | undefined, message: string): ManifestFile {
  const pods = before?.pods ?? [];
  return { pods, rejected: [{ file, message, lastGoodRuns: pods.length > 0 }] };
}

/** Joins all files, in the order of their names. Of two pods with one name, the first runs. */
export function combineFiles(
  files: ReadonlyMap<string, ManifestFile>,
): Pick<PodUpdate, 'pods' | 'files' | 'rejected'> {
  const origins = new Map<string, string>();
  const owner = new Map<string, string>();
  const pods: Pod[] = [];
  const rejected: RejectedManifest[] = [];
  for (const [file, manifest] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    rejected.push(...manifest.rejected);
    for (const pod of manifest.pods) {
      const key = podKey(pod);
      const first = owner.get(key);
      if (first === undefined) {
        owner.set(key, file);
        origins.set(pod.metadata.uid, file);
        pods.push(pod);
      } else {
        const message = `metadata.name: Duplicate value: pod ${key} is already defined by ${first}; rename one or remove one of the two`;
        rejected.push({ file, pod: key, message, lastGoodRuns: false });
      }
    }
  }
  return { pods, files: origins, rejected };
}
