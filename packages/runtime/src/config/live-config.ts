import type { Config } from './config.ts';
import { type Reload, reloadConfig } from './reload.ts';

/** The settings in force. Code that supports a reload reads them here at each use, or follows changes. */
export class LiveConfig {
  #current: Config;
  readonly #followers: ((config: Config) => void)[] = [];

  constructor(config: Config) {
    this.#current = config;
  }

  get current(): Config {
    return this.#current;
  }

  /** Calls `apply` with the settings after each reload, for an object that keeps its own copy. */
  follow(apply: (config: Config) => void): void {
    this.#followers.push(apply);
  }

  /** Applies those settings of `next` that can change while berthd serves. */
  reload(next: Config): Reload {
    const reload = reloadConfig(this.#current, next);
    this.#current = reload.config;
    for (const apply of this.#followers) apply(reload.config);
    return reload;
  }
}
