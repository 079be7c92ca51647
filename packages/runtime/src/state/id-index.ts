import { RuntimeError } from '../rpc/errors.ts';

/**
 * Index of objects by id, by unique prefix of an id, which people type, and by unique name. A lookup by whole id,
 * which kubelets use, does not search.
 */
export class IdIndex<Id extends string, Value extends { readonly id: Id; readonly name: string }> {
  readonly #values = new Map<string, Value>();
  readonly #byName = new Map<string, Id>();
  readonly #kind: 'container' | 'pod sandbox';

  /** `kind` names the objects in messages. */
  constructor(kind: 'container' | 'pod sandbox') {
    this.#kind = kind;
  }

  /** Throws ALREADY_EXISTS for a name in use. */
  checkNameIsFree(name: string): void {
    const holder = this.#byName.get(name);
    if (holder === undefined) return;
    throw new RuntimeError(
      'ALREADY_EXISTS',
      `${this.#kind} with name ${JSON.stringify(name)} already exists: the name is reserved for ID ${holder}; ` +
        `remove that ${this.#kind} first, or ask for another attempt number`,
    );
  }

  set(value: Value): void {
    this.#values.set(value.id, value);
    this.#byName.set(value.name, value.id);
  }

  delete({ id, name }: Value): void {
    this.#values.delete(id);
    this.#byName.delete(name);
  }

  get(id: Id): Value | undefined {
    return this.#values.get(id);
  }

  /** The value that has a name. */
  named(name: string): Value | undefined {
    const id = this.#byName.get(name);
    return id === undefined ? undefined : this.#values.get(id);
  }

  /** The one value whose id begins with `prefix`; undefined when there is none or more than one. */
  find(prefix: string): Value | undefined {
    const exact = this.#values.get(prefix);
    if (exact !== undefined || prefix === '') return exact;
    let found: Value | undefined;
    for (const [id, value] of this.#values) {
      if (!id.startsWith(prefix)) continue;
      if (found !== undefined) return undefined;
      found = value;
    }
    return found;
  }

  /** All values, oldest first. */
  values(): IterableIterator<Value> {
    return this.#values.values();
  }
}
