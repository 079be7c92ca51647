// Gives each pod with `hostUsers: false` a range of ids of its own, which is in the pod's folder for the next kubelet.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { makePrivateDirectory } from '@berth/common/files/directories.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import type { Pod } from '../api/pod.ts';
import { createLogger } from '../klog/klog.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podDir, podsDir } from '../paths/pod-paths.ts';
import { freeIds, idsFileText, type PodIds, parseIdsFile } from './id-ranges.ts';

const log = createLogger('user-namespaces.ts');

const maxFileBytes = 64 * 1024;

type Options = Pick<KubeletOptions, 'rootDir' | 'userIds'>;

/** The ranges by UID of their pod. */
export class UserNamespaces {
  readonly #options: Options;
  readonly #used = new Map<string, PodIds>();

  /** Reads the ranges of pods of an earlier kubelet. A file that cannot be read reserves nothing. */
  constructor(options: Options) {
    this.#options = options;
    for (const uid of folders(podsDir(options))) {
      try {
        this.#read(uid);
      } catch (error) {
        log.error('Unable to read the user namespace of a pod', { err: error, podUID: uid });
      }
    }
  }

  /**
   * The pod's ids; undefined for a pod with the host's users. The first call for a pod chooses them and writes its
   * file. Throws when none are left.
   */
  idsOf(pod: Pod): PodIds | undefined {
    if (pod.spec.hostUsers !== false) return undefined;
    const { uid } = pod.metadata;
    const known = this.#used.get(uid) ?? this.#read(uid);
    if (known) return known;
    const ids = freeIds(this.#options.userIds, this.#used.values(), Math.random());
    if (!ids)
      throw new Error('create user namespace: could not find an empty slot to allocate a user namespace');
    makePrivateDirectory(podsDir(this.#options));
    makePrivateDirectory(podDir(this.#options, uid));
    replaceFileSync(this.#file(uid), idsFileText(ids), { mode: 0o600 });
    this.#used.set(uid, ids);
    return ids;
  }

  /** Frees the ids of a pod whose folder has been removed. */
  release(uid: string): void {
    this.#used.delete(uid);
  }

  /** The ids in the pod's file, which are then used; undefined when there is no file. */
  #read(uid: string): PodIds | undefined {
    const text = readText(this.#file(uid));
    // Empty: power failed before the content was on disk, and nothing of the pod runs.
    if (text === undefined || text === '') return undefined;
    const ids = parseIdsFile(text);
    this.#used.set(uid, ids);
    return ids;
  }

  #file(uid: string): string {
    return join(podDir(this.#options, uid), 'userns');
  }
}

function readText(path: string): string | undefined {
  try {
    return readRegularFileSync(path, { maxBytes: maxFileBytes, followLink: false }).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function folders(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
