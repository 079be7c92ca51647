// Runs the reference plugins bridge, host-local and portmap without a process, where their configuration is one that
// is built in. Everything else, and any program that is not the reference plugin, runs as before.
import { basename, dirname, join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import type { Exec, PluginExit, PluginInvocation } from '../plugin/exec.ts';
import { resultToJson } from '../result/to-json.ts';
import { isJsonObject, type JsonObject } from '../spec/json.ts';
import { addBridge, type BridgeKernel, deleteBridge } from './bridge.ts';
import { bridgeConfig } from './bridge-config.ts';
import { ReferencePlugins } from './reference-plugins.ts';

type BuiltIn = (invocation: PluginInvocation, input: JsonObject) => Promise<JsonObject | undefined>;

/** CNI_ARGS with which the programs assign a wanted address. */
const requestsAddress = /(^|;)(IP|MAC)=/i;

/** The exec that serves what is built in, and leaves the rest to `programs`. */
export function builtInExec(kernel: BridgeKernel, programs: Exec): Exec {
  const reference = new ReferencePlugins(programs);
  return async (invocation) => {
    const input = parse(invocation.stdin);
    const builtIn = input && find(kernel, invocation, input);
    if (!input || !builtIn) return await programs(invocation);
    for (const type of builtIn.replaces) {
      const isReference = await reference.has(join(dirname(invocation.path), type), type);
      if (!isReference) return await programs(invocation);
    }
    try {
      const result = await builtIn.run(invocation, input);
      return exit(0, result === undefined ? '' : JSON.stringify(result));
    } catch (error) {
      const { cniVersion = '' } = input;
      // Code 999 is the reference plugins' for errors of their own.
      return exit(1, JSON.stringify({ cniVersion, code: 999, msg: messageOf(error) }));
    }
  };
}

function find(
  kernel: BridgeKernel,
  { path, env }: PluginInvocation,
  input: JsonObject,
): { replaces: string[]; run: BuiltIn } | undefined {
  const { CNI_COMMAND: verb, CNI_ARGS: args = '' } = env;
  if (verb !== 'ADD' && verb !== 'DEL') return undefined;
  if (basename(path) === 'portmap') {
    const { runtimeConfig, prevResult } = input;
    const maps = isJsonObject(runtimeConfig) ? runtimeConfig['portMappings'] : undefined;
    if (maps !== undefined) return undefined;
    if (verb === 'DEL') return { replaces: ['portmap'], run: async () => undefined };
    return isJsonObject(prevResult) ? { replaces: ['portmap'], run: async () => prevResult } : undefined;
  }
  const config = basename(path) === 'bridge' && !requestsAddress.test(args) ? bridgeConfig(input) : undefined;
  if (config === undefined) return undefined;
  const { CNI_CONTAINERID: containerId = '', CNI_IFNAME: ifName = '', CNI_NETNS: netns = '' } = env;
  const attachment = { containerId, ifName, netns };
  const run: BuiltIn = async (limits) => {
    if (verb === 'ADD') return resultToJson(await addBridge(config, attachment, kernel, limits));
    await deleteBridge(config, attachment, kernel, limits);
    return undefined;
  };
  return { replaces: ['bridge', 'host-local'], run };
}

function parse(stdin: string): JsonObject | undefined {
  const value: unknown = JSON.parse(stdin);
  return isJsonObject(value) ? value : undefined;
}

function exit(code: number, stdout: string): PluginExit {
  return { ended: 'exit', code, killedBy: null, stdout, stderr: '' };
}
