/**
 * Objects by id, where a unique beginning of an id will do, as people type it. Lookups by whole id, which
 * is what kubelets send, do not search.
 */
export class IdIndex<Id extends string, Value extends { readonly id: Id }> {
  readonly #values = new Map<string, Value>();

  set(value: Value): void {
    this.#values.set(value.id, value);
  }

  delete(id: Id): void {
    this.#values.delete(id);
  }

  get(id: Id): Value | undefined {
    return this.#values.get(id);
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
