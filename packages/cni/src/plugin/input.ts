import type { PluginConfig } from '../config/conf-list.ts';
import { type CniResult, convertResult } from '../result/result.ts';
import { resultToJson } from '../result/to-json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { RuntimeConf } from '../spec/runtime-conf.ts';

/**
 * The configuration that a plugin reads from stdin: its object in the list, the list's name and version, `prevResult`,
 * and `runtimeConfig` with the arguments of the capabilities that it declares.
 */
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
