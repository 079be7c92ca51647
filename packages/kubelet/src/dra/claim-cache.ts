// The claims that pods of this node use, in memory and in a checkpoint that survives the kubelet and the machine.
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import { type ClaimInfo, claimsInUse } from './claim-info.ts';

const fileName = 'dra_manager_state';
const maxBytes = 256 * 1024 * 1024;

/** Keeps the claims. */
export class ClaimCache {
  readonly #path: string;
  /** By `namespace/name`. */
  readonly #claims = new Map<string, ClaimInfo>();
  /** One write after the other, each of what is known then. */
  readonly #writes = new Semaphore(1);
  /** Whether the checkpoint lacks something, since it could not be written. */
  #hasFailed = false;

  /** Reads what an earlier kubelet has left in its root directory. Throws when that cannot be read. */
  constructor(rootDir: string) {
    this.#path = join(rootDir, fileName);
    try {
      for (const claim of this.#load()) this.add(claim);
    } catch (error) {
      throw new Error(
        `cannot read the checkpoint of resource claims ${this.#path}: ${messageOf(error)}; drain the node, and remove the file`,
        { cause: error },
      );
    }
  }

  #load(): ClaimInfo[] {
    try {
      return parseCheckpoint(readRegularFileSync(this.#path, { maxBytes, followLink: false }).toString());
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  get(namespace: string, name: string): ClaimInfo | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }

  add(claim: ClaimInfo): void {
    this.#claims.set(`${claim.namespace}/${claim.name}`, claim);
  }

  /** Forgets the claim, unless another one has its name meanwhile. */
  delete(claim: ClaimInfo): void {
    const key = `${claim.namespace}/${claim.name}`;
    if (this.#claims.get(key) === claim) this.#claims.delete(key);
  }

  all(): Iterable<ClaimInfo> {
    return this.#claims.values();
  }

  /** The claims that the pod uses. */
  ofPod(uid: string): ClaimInfo[] {
    return [...this.#claims.values()].filter(({ podUids }) => podUids.has(uid));
  }

  /** How many prepared claims each driver has, and all under `<any>`. */
  inUse(): Map<string, number> {
    return claimsInUse(this.#claims.values());
  }

  /** Writes the checkpoint. It is on the disk when this resolves: drivers keep what they have done when power fails, too. */
  async save(): Promise<void> {
    await this.#writes.run(async () => {
      try {
        const text = checkpointText(this.#claims.values());
        await replaceFile(this.#path, text, { mode: 0o600, isFlushed: true });
        this.#hasFailed = false;
      } catch (error) {
        this.#hasFailed = true;
        throw new Error(`could not save checkpoint ${fileName}: ${messageOf(error)}`, { cause: error });
      }
    });
  }

  /** Writes the checkpoint if that has failed last. */
  async saveIfFailed(): Promise<void> {
    if (this.#hasFailed) await this.save();
  }
}
