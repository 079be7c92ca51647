// Watches this node's object in the API.
import type { ApiClient } from '../../apiserver/api-client.ts';
import { ListWatch } from '../../apiserver/list-watch.ts';
import type { Node } from '../status/node-object.ts';
import { nodes } from './registrar.ts';

/** Knows the object as the server had it last. */
export class NodeWatch {
  readonly #seen = Promise.withResolvers<void>();
  readonly #onChange: (node: Node) => void;
  readonly #watch: ListWatch<Node>;
  #node: Node | undefined;

  /** `onChange`: is told of each new version. */
  constructor(client: ApiClient, name: string, onChange: (node: Node) => void) {
    this.#onChange = onChange;
    this.#watch = new ListWatch<Node>({
      client,
      resource: nodes,
      selection: { fieldSelector: `metadata.name=${name}` },
      onAdd: (node) => this.observe(node),
      onUpdate: (_former, node) => this.observe(node),
      onDelete: () => {
        this.#node = undefined;
      },
    });
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    void this.#watch.stop();
  }

  /** Resolves when the object has been seen once. */
  get seen(): Promise<void> {
    return this.#seen.promise;
  }

  current(): Node | undefined {
    return this.#node;
  }

  /** The server has this version; an older one than is known changes nothing. */
  observe(node: Node): void {
    if (this.#node?.metadata.uid === node.metadata.uid && versionOf(node) < versionOf(this.#node)) return;
    this.#node = node;
    this.#seen.resolve();
    this.#onChange(node);
  }
}

function versionOf(node: Node | undefined): bigint {
  const version = node?.metadata.resourceVersion ?? '';
  return /^\d+$/.test(version) ? BigInt(version) : 0n;
}
