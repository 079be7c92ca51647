// Keeps the CSINode object of this node, and what CSI drivers add to the node itself.
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { Semaphore } from '@berth/common/semaphore.ts';
import { type ApiClient, hasApiCode, type Resource } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import type { DriverNode, DriverRegistrar } from '../../volumes/csi/csi-drivers.ts';
import { nodes } from '../cluster/registrar.ts';
import type { Node } from '../status/node-object.ts';
import { nodeStatusPatch } from '../status/status-change.ts';
import {
  type CsiNode,
  initialCsiNode,
  isOwned,
  nodeWithDriver,
  nodeWithoutDriver,
  withDriver,
  withMigrated,
  withoutDriver,
} from './csi-node-object.ts';

const log = createLogger('csi-node-sync.ts');

const csiNodes: Resource = { group: 'storage.k8s.io', version: 'v1', plural: 'csinodes' };

/** How often an update is tried, the pause after the first failure, and by how much later ones are longer. */
const updateTries = 6;
const updateWaitMs = 10;
const updateFactor = 6;
const firstRetryMs = 100;
const longestRetryMs = 5000;

/** Writes to the API server, one thing at a time. */
export class CsiNodeSync implements DriverRegistrar {
  readonly #client: ApiClient;
  readonly #name: string;
  readonly #stopped = new AbortController();
  readonly #one = new Semaphore(1);
  #problem: string | undefined = 'CSINode is not yet initialized';

  constructor(client: ApiClient, nodeName: string) {
    this.#client = client;
    this.#name = nodeName;
  }

  /** Why the node cannot be ready; undefined once its CSINode is there. */
  problem(): string | undefined {
    return this.#problem;
  }

  /** Makes the object once the node is there. Returns at once; `onReady` is called when it is there. */
  start(onReady: () => void): void {
    void this.#initialize(onReady);
  }

  stop(): void {
    this.#stopped.abort();
  }

  async install(name: string, info: DriverNode, signal: AbortSignal): Promise<void> {
    if (info.nodeId === '')
      throw new Error('error adding CSI driver node info: driverNodeID must not be empty');
    const driver = { name, ...info };
    await this.#tried('error updating Node object with CSI driver node info', signal, () =>
      this.#updateNode((node) => nodeWithDriver(node, driver)),
    );
    await this.#tried('error updating CSINode object with CSI driver node info', signal, async () => {
      const object = await this.#owned();
      await this.#replace(object, withDriver(withMigrated(object), driver));
    });
  }

  async uninstall(name: string): Promise<void> {
    const { signal } = this.#stopped;
    await this.#tried('error uninstalling CSI driver from CSINode object', signal, async () => {
      const object = await this.#find();
      if (object) await this.#replace(object, withoutDriver(object, name));
    });
    await this.#tried('error removing CSI driver node info from Node object', signal, () =>
      this.#updateNode((node) => nodeWithoutDriver(node, name)),
    );
  }

  async #initialize(onReady: () => void): Promise<void> {
    const { signal } = this.#stopped;
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        const object = await this.#owned();
        await this.#replace(object, withMigrated(object));
        this.#problem = undefined;
        onReady();
        return;
      } catch (error) {
        // Until the node is registered there is nothing to make.
        if (!hasApiCode(error, 404)) {
          this.#problem = `failed to initialize CSINode: ${messageOf(error)}`;
          log.error('Failed to initialize CSINode', { err: error });
        }
        await sleepUntilAborted(waitMs, signal);
      }
    }
  }

  async #tried(problem: string, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    const ended = AbortSignal.any([signal, this.#stopped.signal]);
    for (let tries = 1, waitMs = updateWaitMs; ; tries++, waitMs *= updateFactor) {
      ended.throwIfAborted();
      try {
        return await this.#one.run(run, ended);
      } catch (error) {
        if (tries === updateTries) throw new Error(`${problem}: ${messageOf(error)}`, { cause: error });
        await sleepUntilAborted(waitMs, ended);
      }
    }
  }

  async #updateNode(change: (node: Node) => Node): Promise<void> {
    const name = this.#name;
    const { signal } = this.#stopped;
    const node = await this.#client.get<Node>(nodes, { name }, { signal });
    const wanted = change(node);
    if (wanted === node) return;
    const patch = nodeStatusPatch(node, wanted);
    if (Object.keys(patch).length === 0) return;
    await this.#client.patch(nodes, { name }, 'strategic', patch, { signal, subresource: 'status' });
  }

  async #find(): Promise<CsiNode | undefined> {
    try {
      return await this.#client.get<CsiNode>(
        csiNodes,
        { name: this.#name },
        { signal: this.#stopped.signal },
      );
    } catch (error) {
      if (hasApiCode(error, 404)) return undefined;
      throw error;
    }
  }

  /** The object of this very node: one of an earlier node of the name is deleted. */
  async #owned(): Promise<CsiNode> {
    const name = this.#name;
    const { signal } = this.#stopped;
    const { metadata } = await this.#client.get<Node>(nodes, { name }, { signal });
    const owner = { name, uid: metadata.uid ?? '' };
    const found = await this.#find();
    if (found && isOwned(found, owner)) return found;
    if (found) {
      log.info('The CSINode is owned by a different node: deleting it', { node: name });
      await this.#client.delete(csiNodes, { name }, {}, { signal });
    }
    return await this.#client.create(csiNodes, {}, initialCsiNode(owner), { signal });
  }

  async #replace(former: CsiNode, object: CsiNode): Promise<void> {
    if (object === former) return;
    await this.#client.update(csiNodes, { name: this.#name }, object, { signal: this.#stopped.signal });
  }
}
