// Which RPCs are under way when berthd is killed, and whether one that failed may have for that reason.
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { CriClient } from '@berth/cri/client/client.ts';
import { CriError } from '@berth/cri/errors/cri-error.ts';

/** Follows calls from their beginning to their end, and counts those that a kill cuts short. */
export class Flights {
  /** How often berthd was killed. */
  kills = 0;
  /** How often each was under way at a kill, by the RPC's name or a description of the stream. */
  readonly cutShort = new Map<string, number>();
  readonly #underWay = new Map<string, number>();
  readonly #begun = new EventEmitter();
  /** How long each has lasted lately when it was not cut short, in milliseconds. */
  readonly #lasted = new Map<string, number>();

  /** To be called right before each kill. */
  kill(): void {
    this.kills += 1;
    for (const [name, count] of this.#underWay) {
      if (count > 0) this.cutShort.set(name, (this.cutShort.get(name) ?? 0) + 1);
    }
  }

  /** To be called right before each kill of a berthd that does not serve yet: nothing is under way in it. */
  killInStart(): void {
    this.kills += 1;
  }

  /** Follows `work` under a name. */
  async follow<T>(name: string, work: Promise<T>): Promise<T> {
    this.#count(name, 1);
    this.#begun.emit(name);
    const begin = performance.now();
    try {
      const result = await work;
      this.#lasted.set(name, performance.now() - begin);
      return result;
    } finally {
      this.#count(name, -1);
    }
  }

  #count(name: string, change: number): void {
    this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + change);
  }

  /** Resolves within a call of `name`, at a random moment of the time that such calls take. */
  async within(name: string, random: (bound: number) => number): Promise<void> {
    // One that ended meanwhile was faster than its like: in the next one no time is lost.
    for (let longest = this.#lasted.get(name) ?? 0; ; longest = 0) {
      if (!this.#isUnderWay(name)) await once(this.#begun, name);
      await delay(random(longest));
      if (this.#isUnderWay(name)) return;
    }
  }

  #isUnderWay(name: string): boolean {
    return (this.#underWay.get(name) ?? 0) > 0;
  }

  /** Whether berthd's death explains an error of what began after `killsBefore` kills. */
  explains(error: unknown, killsBefore: number): boolean {
    if (this.kills > killsBefore) return true;
    // The connection is not back yet.
    return error instanceof CriError && (error.code === 'UNAVAILABLE' || error.code === 'CANCELLED');
  }

  /** The same client, with each of its unary calls followed. */
  track(client: CriClient): CriClient {
    return {
      ...client,
      runtime: this.#trackService(client.runtime),
      image: this.#trackService(client.image),
    };
  }

  #trackService<Service extends object>(service: Service): Service {
    return new Proxy(service, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function' || typeof name !== 'string') return method;
        return (...args: unknown[]) => {
          const result: unknown = Reflect.apply(method, target, args);
          return result instanceof Promise ? this.follow(name, result) : result;
        };
      },
    });
  }
}
