// The public interface of this package: the operations of the CNI spec on a list of plugins.
import { messageOf } from '@berth/common/error-message.ts';
import { type CachedAttachment, type DamagedRecord, ResultCache } from './cache/result-cache.ts';
import type { NetworkConfigList, PluginConfig } from './config/conf-list.ts';
import { pluginInput } from './plugin/input.ts';
import { type InvokeOptions, invokePlugin } from './plugin/invoke.ts';
import { excerpt, parseOutput, readResult } from './plugin/output.ts';
import { parseResult } from './result/parse.ts';
import { type CniResult, convertResult } from './result/result.ts';
import { resultToJson } from './result/to-json.ts';
import { CniError, type CniVerb } from './spec/errors.ts';
import { isJsonObject, type JsonObject } from './spec/json.ts';
import { type Attachment, type RuntimeConf, validateRuntimeConf } from './spec/runtime-conf.ts';
import { atLeast, currentVersion, spokenVersion } from './spec/versions.ts';

export interface CniOptions extends InvokeOptions {
  /** The directory in which attachments are recorded; by default libcni's, /var/lib/cni. */
  cacheDir?: string;
}

export interface OperationOptions {
  /** Abort kills the running plugin. */
  signal?: AbortSignal;
}

export interface DelOptions extends OperationOptions {
  /** After a plugin fails, still run the others; the operation then fails with the first error. */
  continueOnError?: boolean;
}

/** The answer of a plugin to VERSION. */
export interface PluginVersions {
  cniVersion: string;
  supportedVersions: string[];
}

/**
 * The operations of the CNI spec on a network, as libcni's CNIConfig has them. Operations on different attachments may
 * run at the same time; the caller runs those on one attachment one after another.
 *
 * @example
 * import { writeFile } from 'node:fs/promises';
 * import { parseConfList } from '@berth/cni/config/conf-list.ts';
 * import { sandboxAddresses } from '@berth/cni/result/result.ts';
 *
 * // A plugin is an executable that reads its configuration from stdin, and for ADD prints a result.
 * const script = `#!/bin/sh
 * [ "$CNI_COMMAND" = ADD ] && echo '{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.2/24"}]}' || true`;
 * await writeFile('fixed-address', script, { mode: 0o755 });
 *
 * const cni = new Cni({ pluginDirs: [process.cwd()], cacheDir: 'cache' });
 * const list = parseConfList(
 *   JSON.stringify({ cniVersion: '1.1.0', name: 'pods', plugins: [{ type: 'fixed-address' }] }),
 * );
 * const runtime = { containerId: 'web', netns: '/run/netns/web', ifName: 'eth0' };
 *
 * await cni.statusNetworkList(list);
 * const result = await cni.addNetworkList(list, runtime);
 * assert.deepEqual(sandboxAddresses(result, 'eth0'), ['10.0.0.2']);
 * await cni.checkNetworkList(list, runtime);
 * assert.deepEqual(await cni.getNetworkListCachedResult(list, runtime), result);
 * await cni.delNetworkList(list, runtime);
 * assert.equal(await cni.getNetworkListCachedResult(list, runtime), undefined);
 */
export class Cni {
  readonly #options: CniOptions;
  readonly #cache: ResultCache;

  constructor(options: CniOptions) {
    this.#options = options;
    this.#cache = new ResultCache(options.cacheDir ?? '/var/lib/cni');
  }

  /**
   * ADD: runs the plugins in the list's order; each gets the previous plugin's result as `prevResult`. Records the
   * attachment before the first plugin runs, so that a DEL after a crash can undo it, and again with the result.
   * After a failure the caller must call delNetworkList, as the spec says: earlier plugins may have succeeded.
   * @throws CniError
   */
  async addNetworkList(
    list: NetworkConfigList,
    runtime: RuntimeConf,
    options: OperationOptions = {},
  ): Promise<CniResult> {
    validateRuntimeConf('ADD', list.name, runtime);
    await this.#cache.write(list.name, list.text, {}, runtime);
    let result: CniResult | undefined;
    for (const plugin of list.plugins) {
      const config = pluginInput(list, plugin, { runtime, prevResult: result });
      const output = await this.#invoke('ADD', list, plugin, { config, runtime, ...options });
      result = readResult(output, list, plugin);
    }
    if (result === undefined) {
      throw new CniError({
        failure: 'arguments',
        verb: 'ADD',
        network: list.name,
        problem: 'the list has no plugins',
      });
    }
    await this.#cache.write(list.name, list.text, resultToJson(result), runtime);
    return result;
  }

  /**
   * DEL: runs the plugins in reverse order with the recorded result, and removes the record. By the spec plugins
   * succeed when there is nothing to delete, so DEL can be repeated.
   * @throws CniError; the record stays, so that DEL can be tried again
   */
  async delNetworkList(
    list: NetworkConfigList,
    runtime: RuntimeConf,
    { continueOnError = false, ...options }: DelOptions = {},
  ): Promise<void> {
    validateRuntimeConf('DEL', list.name, runtime);
    const prevResult = atLeast(list.cniVersion, '0.4.0')
      ? await this.getNetworkListCachedResult(list, runtime)
      : undefined;
    let failed: { error: unknown } | undefined;
    for (const plugin of list.plugins.toReversed()) {
      const config = pluginInput(list, plugin, { runtime, prevResult });
      try {
        await this.#invoke('DEL', list, plugin, { config, runtime, ...options });
      } catch (error) {
        if (!continueOnError) throw error;
        failed ??= { error };
      }
    }
    if (failed !== undefined) throw failed.error;
    await this.#cache.remove(list.name, runtime);
  }

  /**
   * CHECK: every plugin compares the attachment with the recorded result of ADD.
   * @throws CniError of the first plugin that finds a difference, and for spec versions without CHECK (before 0.4.0)
   */
  async checkNetworkList(
    list: NetworkConfigList,
    runtime: RuntimeConf,
    options: OperationOptions = {},
  ): Promise<void> {
    validateRuntimeConf('CHECK', list.name, runtime);
    if (!atLeast(list.cniVersion, '0.4.0')) throw unsupported('CHECK', list, '0.4.0');
    if (list.disableCheck) return;
    const prevResult = await this.getNetworkListCachedResult(list, runtime);
    for (const plugin of list.plugins) {
      const config = pluginInput(list, plugin, { runtime, prevResult });
      await this.#invoke('CHECK', list, plugin, { config, runtime, ...options });
    }
  }

  /**
   * GC: DEL for every recorded attachment of this network that is not in `valid`, then, from spec 1.1 on, GC in every
   * plugin. A failure does not stop it.
   * @param valid attachments to keep, including those of other runtimes on this network
   * @throws AggregateError of CniErrors
   *
   * @example
   * import { writeFile } from 'node:fs/promises';
   * import { parseConfList } from '@berth/cni/config/conf-list.ts';
   *
   * await writeFile('nothing', '#!/bin/sh\necho "{}"', { mode: 0o755 });
   * const cni = new Cni({ pluginDirs: [process.cwd()], cacheDir: 'cache' });
   * const list = parseConfList('{ "cniVersion": "1.1.0", "name": "pods", "plugins": [{ "type": "nothing" }] }');
   * for (const containerId of ['web', 'gone'])
   *   await cni.addNetworkList(list, { containerId, netns: '/run/netns/x', ifName: 'eth0' });
   * // The container `gone` has no network namespace any more, and nobody called delNetworkList.
   * await cni.gcNetworkList(list, [{ containerId: 'web', ifName: 'eth0' }]);
   * assert.deepEqual((await cni.getCachedAttachments()).map(({ containerId }) => containerId), ['web']);
   */
  async gcNetworkList(
    list: NetworkConfigList,
    valid: readonly Attachment[],
    options: OperationOptions = {},
  ): Promise<void> {
    if (list.disableGC) return;
    const errors: unknown[] = [];
    const keep = new Set(valid.map(({ containerId, ifName }) => `${containerId}/${ifName}`));
    for (const cached of await this.#cache.list()) {
      if (cached.networkName !== list.name || keep.has(`${cached.containerId}/${cached.ifName}`)) continue;
      await this.delNetworkList(list, cached, options).catch((error) => errors.push(error));
    }
    if (atLeast(list.cniVersion, '1.1.0')) {
      const attachments = valid.map(({ containerId, ifName }) => ({
        containerID: containerId,
        ifname: ifName,
      }));
      for (const plugin of list.plugins) {
        // The spec's name, and the one that libcni sent before the spec had settled.
        const config = {
          ...pluginInput(list, plugin, {}),
          'cni.dev/attachments': attachments,
          'cni.dev/valid-attachments': attachments,
        };
        await this.#invoke('GC', list, plugin, { config, ...options }).catch((error) => errors.push(error));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(messageOf).join('; '));
  }

  /**
   * STATUS: every plugin answers whether it could serve ADD now. Versions before 1.1 have no STATUS and count as
   * ready.
   * @throws CniError of the first plugin that is not ready
   */
  async statusNetworkList(list: NetworkConfigList, options: OperationOptions = {}): Promise<void> {
    if (!atLeast(list.cniVersion, '1.1.0')) return;
    for (const plugin of list.plugins) {
      await this.#invoke('STATUS', list, plugin, { config: pluginInput(list, plugin, {}), ...options });
    }
  }

  /**
   * VERSION: the versions of the spec that a plugin supports.
   * @throws CniError
   */
  async getVersionInfo(type: string, { signal }: OperationOptions = {}): Promise<PluginVersions> {
    const config = { cniVersion: currentVersion };
    const output = await invokePlugin({ verb: 'VERSION', plugin: type, config, signal }, this.#options);
    const answer = parseOutput(output);
    const { cniVersion, supportedVersions } = isJsonObject(answer) ? answer : {};
    if (typeof cniVersion === 'string' && Array.isArray(supportedVersions)) {
      const versions = supportedVersions.filter((version) => typeof version === 'string');
      return { cniVersion, supportedVersions: versions };
    }
    const problem = `printed no version information, but ${excerpt(output)}`;
    throw new CniError({ failure: 'garbage', verb: 'VERSION', plugin: type, problem });
  }

  /** The recorded result of an attachment in the list's version; undefined if absent or not convertible. */
  async getNetworkListCachedResult(
    list: NetworkConfigList,
    attachment: Attachment,
  ): Promise<CniResult | undefined> {
    const cached = await this.#cache.read(list.name, attachment);
    if (cached?.result === undefined || !spokenVersion(list.cniVersion)) return undefined;
    try {
      return convertResult(parseResult(cached.result, list.cniVersion), list.cniVersion);
    } catch {
      // Treat a record that cannot be parsed as absent: DEL must not fail because of it.
      return undefined;
    }
  }

  /** The recorded attachments of one container, or of the whole machine, including other runtimes'. */
  async getCachedAttachments(containerId?: string): Promise<CachedAttachment[]> {
    return this.#cache.list(containerId);
  }

  /** The records of one container that cannot be read. */
  async damagedRecords(containerId: string): Promise<DamagedRecord[]> {
    return this.#cache.damaged(containerId);
  }

  /** Removes the record of an attachment that was undone without delNetworkList. */
  async forget(networkName: string, attachment: Attachment): Promise<void> {
    await this.#cache.remove(networkName, attachment);
  }

  /** Removes the temporary file of a record whose writer was killed. */
  async forgetUnfinished(attachment: Attachment): Promise<void> {
    await this.#cache.removeUnfinished(attachment);
  }

  async #invoke(
    verb: CniVerb,
    { name }: NetworkConfigList,
    { type }: PluginConfig,
    rest: { config: JsonObject; runtime?: RuntimeConf; signal?: AbortSignal },
  ): Promise<string> {
    return invokePlugin({ verb, plugin: type, network: name, ...rest }, this.#options);
  }
}

function unsupported(verb: CniVerb, { name, cniVersion }: NetworkConfigList, since: string): CniError {
  const problem = `its configuration has ${cniVersion === '' ? 'no cniVersion' : `cniVersion ${cniVersion}`}, and ${verb} exists since ${since}`;
  return new CniError({ failure: 'unsupported', verb, network: name, problem });
}
