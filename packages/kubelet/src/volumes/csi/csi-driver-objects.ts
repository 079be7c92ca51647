// The CSIDriver objects of the cluster, by watch.

import type { ApiClient } from '../../apiserver/api-client.ts';
import { ListWatch } from '../../apiserver/list-watch.ts';
import { untilOrFor } from '../../apiserver/wait.ts';
import type { CsiDriverObject } from './csi-driver-object.ts';

/** How long a volume waits for the first list. */
const maxWaitMs = 10_000;

/** Knows the objects. */
export class CsiDriverObjects {
  readonly #watch: ListWatch<CsiDriverObject>;
  readonly #read = Promise.withResolvers<void>();
  readonly #known = new Map<string, CsiDriverObject>();
  #hasRead = false;

  /** `onChange`: objects have been read for the first time, or changed. */
  constructor(client: ApiClient, onChange: () => void) {
    const put = (object: CsiDriverObject): void => {
      this.#known.set(object.metadata?.name ?? '', object);
      if (this.#hasRead) onChange();
    };
    this.#watch = new ListWatch<CsiDriverObject>({
      client,
      resource: { group: 'storage.k8s.io', version: 'v1', plural: 'csidrivers' },
      onAdd: put,
      onUpdate: (_former, object) => put(object),
      onDelete: (object) => {
        this.#known.delete(object.metadata?.name ?? '');
        onChange();
      },
      onSynced: () => {
        this.#hasRead = true;
        this.#read.resolve();
        onChange();
      },
    });
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    void this.#watch.stop();
  }

  /** All objects by name; undefined while they have not been read. */
  known(): ReadonlyMap<string, CsiDriverObject> | undefined {
    return this.#hasRead ? this.#known : undefined;
  }

  /** The object of a name. Rejects while they cannot be read. */
  async find(name: string): Promise<CsiDriverObject | undefined> {
    if (!this.#hasRead) await untilOrFor(this.#read.promise, maxWaitMs);
    if (!this.#hasRead) throw new Error('the CSIDriver objects have not been read from the API server yet');
    return this.#known.get(name);
  }
}
