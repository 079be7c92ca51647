import { messageOf } from '@berth/common/error-message.ts';
import { type CachedAttachment, type DamagedRecord, ResultCache } from './cache/result-cache.ts';
import type { NetworkConfigList, PluginConfig } from './config/conf-list.ts';
import { excerpt, type InvokeOptions, invokePlugin } from './plugin/invoke.ts';
import { type CniResult, convertResult, parseResult, resultToJson } from './result/result.ts';
import { CniError, type CniVerb } from './spec/errors.ts';
import { isJsonObject, type Json, type JsonObject } from './spec/json.ts';
import { argumentProblem, containerIdProblem, interfaceNameProblem } from './spec/names.ts';
import type { Attachment, RuntimeConf } from './spec/runtime-conf.ts';
import { atLeast, CURRENT_VERSION, spokenVersion } from './spec/versions.ts';

export interface CniOptions extends InvokeOptions {
  /** Where attachments are recorded; libcni's own place unless given. */
  cacheDir?: string;
}

/** How one operation may be cancelled. */
export interface OperationOptions {
  signal?: AbortSignal;
}

export interface DelOptions extends OperationOptions {
  /** Go on with the other plugins when one fails, and fail at the end. */
  goOn?: boolean;
}

/** What a plugin says about itself. */
export interface PluginVersions {
  cniVersion: string;
  supportedVersions: string[];
}

/**
 * The operations of the CNI spec on a network, in the spec's words. Operations on different
 * attachments may run at the same time; those on one attachment are the caller's to put in order.
 */
export class Cni {
  readonly #options: CniOptions;
  readonly #cache: ResultCache;

  constructor(options: CniOptions) {
    this.#options = options;
    this.#cache = new ResultCache(options.cacheDir ?? '/var/lib/cni');
  }

  /**
   * ADD: runs the plugins in order, each with the result of the one before. The attachment is recorded
   * before, without a result, so that a DEL after a crash knows what to undo, and again with the result.
   * After a failure the caller owes a DEL, as the spec says, because earlier plugins may have done their part.
   * @throws CniError
   */
  async addNetworkList(
    list: NetworkConfigList,
    runtime: RuntimeConf,
    options: OperationOptions = {},
  ): Promise<CniResult> {
    validateRuntime('ADD', list, runtime);
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
   * DEL: runs the plugins in reverse order with the recorded result and forgets the attachment. Done
   * twice, or for an attachment that never was, it succeeds as far as the plugins follow the spec.
   * @throws CniError; the record then stays, so that DEL can be tried again
   */
  async delNetworkList(
    list: NetworkConfigList,
    runtime: RuntimeConf,
    { goOn = false, ...options }: DelOptions = {},
  ): Promise<void> {
    validateRuntime('DEL', list, runtime);
    const prevResult = atLeast(list.cniVersion, '0.4.0') ? await this.cachedResult(list, runtime) : undefined;
    let failed: { error: unknown } | undefined;
    for (const plugin of list.plugins.toReversed()) {
      const config = pluginInput(list, plugin, { runtime, prevResult });
      try {
        await this.#invoke('DEL', list, plugin, { config, runtime, ...options });
      } catch (error) {
        if (!goOn) throw error;
        failed ??= { error };
      }
    }
    if (failed !== undefined) throw failed.error;
    await this.#cache.remove(list.name, runtime);
  }

  /**
   * CHECK: asks every plugin whether the attachment is still as ADD left it.
   * @throws CniError, also for a configuration older than 0.4.0, which has no CHECK
   */
  async checkNetworkList(
    list: NetworkConfigList,
    runtime: RuntimeConf,
    options: OperationOptions = {},
  ): Promise<void> {
    validateRuntime('CHECK', list, runtime);
    if (!atLeast(list.cniVersion, '0.4.0')) throw unsupported('CHECK', list, '0.4.0');
    if (list.disableCheck) return;
    const prevResult = await this.cachedResult(list, runtime);
    for (const plugin of list.plugins) {
      const config = pluginInput(list, plugin, { runtime, prevResult });
      await this.#invoke('CHECK', list, plugin, { config, runtime, ...options });
    }
  }

  /**
   * GC: a DEL for every recorded attachment of this network that is not among the valid ones, then,
   * from spec 1.1 on, GC in every plugin. Goes on after a failure.
   * @param valid attachments to keep, of every runtime that uses this network
   * @throws AggregateError of CniErrors
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
        // The first name is the spec's, the second one libcni's from before the spec was fixed.
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
   * STATUS: asks every plugin whether it could serve an ADD now. Configurations older than 1.1 have no
   * such question and count as ready.
   * @throws CniError of the first plugin that is not ready
   */
  async statusNetworkList(list: NetworkConfigList, options: OperationOptions = {}): Promise<void> {
    if (!atLeast(list.cniVersion, '1.1.0')) return;
    for (const plugin of list.plugins) {
      await this.#invoke('STATUS', list, plugin, { config: pluginInput(list, plugin, {}), ...options });
    }
  }

  /**
   * VERSION: the versions of the spec that a plugin speaks.
   * @throws CniError
   */
  async versionInfo(type: string, { signal }: OperationOptions = {}): Promise<PluginVersions> {
    const config = { cniVersion: CURRENT_VERSION };
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

  /** The recorded result of an attachment in the list's version, or undefined when there is none, or no such version. */
  async cachedResult(list: NetworkConfigList, attachment: Attachment): Promise<CniResult | undefined> {
    const cached = await this.#cache.read(list.name, attachment);
    if (cached?.result === undefined || !spokenVersion(list.cniVersion)) return undefined;
    try {
      return convertResult(parseResult(cached.result, list.cniVersion), list.cniVersion);
    } catch {
      // A record that no plugin could use is as good as none: DEL must not fail because of it.
      return undefined;
    }
  }

  /** Every recorded attachment on this machine, other runtimes' included, or those of one container. */
  async cachedAttachments(containerId?: string): Promise<CachedAttachment[]> {
    return this.#cache.list(containerId);
  }

  /** The records of one container that cannot be read. */
  async damagedRecords(containerId: string): Promise<DamagedRecord[]> {
    return this.#cache.damaged(containerId);
  }

  /** Removes the record of an attachment that has been undone by another way than its own list. */
  async forget(networkName: string, attachment: Attachment): Promise<void> {
    await this.#cache.remove(networkName, attachment);
  }

  /** Removes what an ADD that was killed while it recorded the attachment has left, be there a record or none. */
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

/** What a plugin reads: its own object, the list's name and version, the previous result, and what it can do. */
export function pluginInput(
  { name, cniVersion }: { name: string; cniVersion: string },
  { config, capabilities }: PluginConfig,
  { runtime, prevResult }: { runtime?: RuntimeConf; prevResult?: CniResult },
): JsonObject {
  const input: JsonObject = { ...config, name, cniVersion };
  if (prevResult !== undefined) input.prevResult = resultToJson(convertResult(prevResult, cniVersion));
  const runtimeConfig: Record<string, Json> = {};
  for (const capability of capabilities) {
    const value = runtime?.capabilityArgs?.[capability];
    if (value !== undefined) runtimeConfig[capability] = value;
  }
  if (Object.keys(runtimeConfig).length > 0) input.runtimeConfig = runtimeConfig;
  return input;
}

function readResult(output: string, list: NetworkConfigList, { type }: PluginConfig): CniResult {
  const where = { verb: 'ADD', network: list.name, plugin: type } as const;
  const value = parseOutput(output);
  if (value === undefined) {
    const problem = `printed no JSON, but ${excerpt(output)}`;
    throw new CniError({ failure: 'garbage', ...where, problem });
  }
  try {
    return parseResult(value, list.cniVersion);
  } catch (cause) {
    const problem = `printed a result that does not follow the spec: ${messageOf(cause)}`;
    throw new CniError({ failure: 'garbage', ...where, problem, cause });
  }
}

function parseOutput(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

function validateRuntime(
  verb: CniVerb,
  list: NetworkConfigList,
  { containerId, ifName, netns, args = [] }: RuntimeConf,
): void {
  const container = containerIdProblem(containerId);
  const interfaceName = interfaceNameProblem(ifName);
  const namespace = netns === '' && verb !== 'DEL' ? 'must not be empty' : undefined;
  // What has been attached has to be detached, whatever an older release let through.
  const argument = verb === 'DEL' ? undefined : args.flat().map(argumentProblem).find(Boolean);
  for (const [field, problem] of [
    ['argument', argument],
    ['container id', container],
    ['interface name', interfaceName],
    ['network namespace', namespace],
  ] as const) {
    if (problem === undefined) continue;
    throw new CniError({ failure: 'arguments', verb, network: list.name, problem: `${field} ${problem}` });
  }
}

function unsupported(verb: CniVerb, { name, cniVersion }: NetworkConfigList, since: string): CniError {
  const problem = `its configuration has ${cniVersion === '' ? 'no cniVersion' : `cniVersion ${cniVersion}`}, and ${verb} exists since ${since}`;
  return new CniError({ failure: 'unsupported', verb, network: name, problem });
}
