// ConfigMaps and Secrets for tests.
import type { Objects } from '../objects/objects.ts';
import type { Secret } from '../objects/types.ts';

/** Objects that a test sets and removes. Nothing is woken: the test does that. */
export class TestObjects implements Objects {
  readonly #objects = new Map<string, Secret>();
  #version = 0;

  /** Makes or replaces an object of the namespace `default`. */
  set(
    kind: 'ConfigMap' | 'Secret',
    name: string,
    data: Record<string, string | Buffer>,
    { immutable = false }: { immutable?: boolean } = {},
  ): void {
    this.#version += 1;
    this.#objects.set(`${kind}/default/${name}`, {
      namespace: 'default',
      name,
      resourceVersion: `${this.#version}`,
      immutable,
      type: 'Opaque',
      data: new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)])),
    });
  }

  /** Removes an object of the namespace `default`. */
  remove(kind: 'ConfigMap' | 'Secret', name: string): void {
    this.#objects.delete(`${kind}/default/${name}`);
  }

  configMap(namespace: string, name: string): Secret | undefined {
    return this.#objects.get(`ConfigMap/${namespace}/${name}`);
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#objects.get(`Secret/${namespace}/${name}`);
  }
}
