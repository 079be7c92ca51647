// Watches the CNI configuration directory and selects the node's network.

import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import type { NetworkConfigList } from '@berth/cni/config/conf-list.ts';
import { loadConfLists } from '@berth/cni/config/load.ts';
import { findPlugin } from '@berth/cni/plugin/find-plugin.ts';
import { makeDirectories } from '@berth/common/files/directories.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

/** The network that pods are attached to. */
export interface SelectedNetwork {
  readonly file: string;
  readonly list: NetworkConfigList;
}

export interface NetworkConfigOptions {
  /** Usually /etc/cni/net.d. */
  readonly confDir: string;
  readonly pluginDirs: readonly string[];
  readonly log: Logger;
  /** Called when another network is selected, or when the content of the selected one changes. */
  readonly onSelect?: (selected: SelectedNetwork) => void;
}

/**
 * Watches the configuration directory. The first usable file by name is the node's network, as with CRI-O: a broken
 * file, or one whose plugins are not installed, is logged and skipped.
 */
export class NetworkConfig {
  readonly #options: NetworkConfigOptions;
  #watcher: FSWatcher | undefined;
  #usable: readonly SelectedNetwork[] = [];
  #problem = '';
  #reported = new Set<string>();
  #reloading: Promise<void> | undefined;
  #stale = false;
  #replaced = false;
  #closed = false;

  private constructor(options: NetworkConfigOptions) {
    this.#options = options;
  }

  /** Creates the directory if it does not exist, loads it and starts to watch it. */
  static async open(options: NetworkConfigOptions): Promise<NetworkConfig> {
    const config = new NetworkConfig(options);
    await config.#watch();
    await config.reload();
    return config;
  }

  /** The network to use, or undefined while there is none. */
  get selected(): SelectedNetwork | undefined {
    return this.#usable[0];
  }

  /** The usable network of this name, or undefined when there is none. */
  named(name: string): SelectedNetwork | undefined {
    return this.#usable.find(({ list }) => list.name === name);
  }

  /** The reason why no network is usable; empty when one is. */
  get problem(): string {
    return this.#problem;
  }

  /** Reads the directory again, after a running read has ended. */
  reload(): Promise<void> {
    this.#stale = true;
    this.#reloading ??= this.#reloadWhileStale().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Stops watching. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    await this.#reloading;
  }

  async #watch(): Promise<void> {
    this.#watcher?.close();
    this.#replaced = false;
    await makeDirectories(this.#options.confDir, 0o755);
    const { confDir } = this.#options;
    this.#watcher = watch(confDir, { persistent: false }, (_event, name) => {
      // An event with the directory's own name means that the directory may have been replaced.
      if (name === basename(confDir)) this.#replaced = true;
      void this.reload();
    });
    this.#watcher.on('error', (error) =>
      this.#options.log.error('Watching the CNI configuration failed', { error: messageWithCauses(error) }),
    );
  }

  async #reloadWhileStale(): Promise<void> {
    while (this.#stale && !this.#closed) {
      this.#stale = false;
      try {
        // inotify watches an inode: reopen the watch when the directory is replaced.
        if (this.#replaced || !existsSync(this.#options.confDir)) await this.#watch();
        await this.#select();
      } catch (error) {
        this.#usable = [];
        this.#problem = `Reading CNI configurations from ${this.#options.confDir}: ${messageWithCauses(error)}`;
        this.#options.log.error(this.#problem);
      }
    }
  }

  async #select(): Promise<void> {
    const { confDir, pluginDirs, log, onSelect } = this.#options;
    const problems: string[] = [];
    const usable: SelectedNetwork[] = [];
    for (const { file, list, error } of await loadConfLists(confDir)) {
      const problem = list === undefined ? error.message : await missingPlugin(file, list, pluginDirs);
      if (problem !== undefined) problems.push(problem);
      else if (list !== undefined) usable.push({ file, list });
    }
    for (const problem of problems) {
      if (!this.#reported.has(problem)) log.error(`Skipping CNI configuration ${problem}`);
    }
    this.#reported = new Set(problems);
    const before = this.selected;
    this.#usable = usable;
    const { selected } = this;
    this.#problem = selected === undefined ? describe(confDir, problems) : '';
    if (selected === undefined || (before?.file === selected.file && before.list.text === selected.list.text))
      return;
    log.info('Selected CNI network', { network: selected.list.name, file: selected.file });
    onSelect?.(selected);
  }
}

async function missingPlugin(
  file: string,
  { plugins }: NetworkConfigList,
  pluginDirs: readonly string[],
): Promise<string | undefined> {
  for (const [index, { type }] of plugins.entries()) {
    if ((await findPlugin(type, pluginDirs)) !== undefined) continue;
    return `${file}: plugins[${index}].type: plugin ${JSON.stringify(type)} is not installed; searched ${pluginDirs.join(', ')}`;
  }
  return undefined;
}

function describe(confDir: string, problems: readonly string[]): string {
  if (problems.length > 0) return `No usable CNI configuration: ${problems.join('; ')}`;
  return `No CNI configuration file in ${confDir}. Has your network provider started?`;
}
