// How many ConfigMaps and Secrets the kubelet keeps in memory.
import type { NodeObject } from './types.ts';

const maxObjects = 5000;
const maxBytes = 64 * 1024 * 1024;

/** Counts objects and their bytes. */
export class ObjectBudget {
  #objects = 0;
  #bytes = 0;

  /** Takes an object into account, or returns why it is too much. */
  spend({ object }: NodeObject): string | undefined {
    const bytes = [...object.data].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    if (this.#objects + 1 > maxObjects) {
      return `too many objects: a node keeps at most ${maxObjects} ConfigMaps and Secrets`;
    }
    if (this.#bytes + bytes > maxBytes) {
      return `too large: a node keeps at most ${maxBytes} bytes of ConfigMaps and Secrets`;
    }
    this.#objects += 1;
    this.#bytes += bytes;
    return undefined;
  }
}
