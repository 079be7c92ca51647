// ConfigMaps and Secrets for tests.
import type { NodeObject } from '../objects/types.ts';

/** What takes the objects of a node. */
interface ObjectsTaker {
  setObjects(objects: readonly NodeObject[]): void;
}

/** Objects of the namespace `default` that a test sets and removes: the node's kubelets get each change. */
export class TestObjects {
  readonly #objects = new Map<string, NodeObject>();
  readonly #kubelets: ObjectsTaker[] = [];
  #version = 0;

  /** Gives the kubelet the objects that there are now, and each change. */
  giveTo(kubelet: ObjectsTaker): void {
    this.#kubelets.push(kubelet);
    kubelet.setObjects([...this.#objects.values()]);
  }

  /** Makes or replaces an object. */
  set(
    kind: 'ConfigMap' | 'Secret',
    name: string,
    data: Record<string, string | Buffer>,
    { immutable = false, type = 'Opaque' }: { immutable?: boolean; type?: string } = {},
  ): void {
    this.#version += 1;
    const object = {
      namespace: 'default',
      name,
      resourceVersion: `${this.#version}`,
      immutable,
      data: new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)])),
    };
    this.#objects.set(
      `${kind}/${name}`,
      kind === 'Secret' ? { kind, object: { ...object, type } } : { kind, object },
    );
    this.#tell();
  }

  /** Removes an object. */
  remove(kind: 'ConfigMap' | 'Secret', name: string): void {
    this.#objects.delete(`${kind}/${name}`);
    this.#tell();
  }

  #tell(): void {
    for (const kubelet of this.#kubelets) kubelet.setObjects([...this.#objects.values()]);
  }
}
