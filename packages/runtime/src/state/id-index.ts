import { RuntimeError } from '../rpc/errors.ts';

/**
 * Objects by id or a unique prefix of one, as people type it. Lookups by whole id, which kubelets use, do not
 * search. Names are unique.
 */
export class IdIndex<Id extends string, Value extends { readonly id: Id; readonly name: string }> {
  readonly #values = new Map<string, Value>();
  readonly #byName = new Map<string, Id>();
  readonly #kind: 'container' | 'pod sandbox';

  /** `kind` is what messages call the objects. */
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
