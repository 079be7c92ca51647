// The manifest path of the kubelets of one root directory, in a file: a kubelet that is given another path has not read
// the manifests of the pods that run.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';

const maxBytes = 4096;

/** The record of a manifest path. */
export class RecordedPath {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** The record of a source with this folder of valid manifests. */
  static beside(stateDir: string): RecordedPath {
    return new RecordedPath(`${stateDir}-path`);
  }

  /** The path; undefined when no kubelet has read one. */
  load(): string | undefined {
    try {
      const text = readRegularFileSync(this.#file, { maxBytes, followLink: false }).toString().trimEnd();
      // A power failure may leave an empty file.
      return text.startsWith('/') ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** Replaces the path. Throws when it cannot be written. */
  save(path: string): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    replaceFileSync(this.#file, `${path}\n`, { mode: 0o600 });
  }
}

/** Whether the manifests at `path` may decide about pods of an earlier kubelet, which read `recorded`. Pure. */
export function isRead(
  path: string,
  recorded: string | undefined,
  found: { exists: boolean; pods: number },
): boolean {
  if (!found.exists) return false;
  return recorded === undefined || recorded === path || found.pods > 0;
}
