// Runs one plugin: finds it, sets CNI_ variables, limits time and output, and turns its exit into a CniError.
import { messageOf } from '@berth/common/error-message.ts';
import { CniError, type CniVerb } from '../spec/errors.ts';
import { isJsonObject, type JsonObject } from '../spec/json.ts';
import type { RuntimeConf } from '../spec/runtime-conf.ts';
import { childProcessExec } from './child-process-exec.ts';
import type { Exec, PluginExit } from './exec.ts';
import { findPlugin } from './find-plugin.ts';

/** How plugins are found and run. */
export interface InvokeOptions {
  /** Directories to search, in order. Plugins get them as CNI_PATH, in which they find their IPAM plugin. */
  pluginDirs: readonly string[];
  /** Runs a plugin; by node:child_process unless given. */
  exec?: Exec;
  /** Time limit of each plugin in milliseconds. */
  timeoutMs?: number;
  /** Maximum number of bytes that a plugin may print. */
  maxOutputBytes?: number;
  /** Environment besides the CNI_ variables; default: this process's. Plugins find iptables by PATH. */
  environment?: Readonly<NodeJS.ProcessEnv>;
}

/** One run of a plugin. */
export interface Invocation {
  verb: CniVerb;
  /** The plugin's type. */
  plugin: string;
  /** Absent for VERSION. */
  network?: string;
  config: JsonObject;
  runtime?: RuntimeConf;
  signal?: AbortSignal;
}

export const defaultTimeoutMs = 60_000;
const defaultMaxOutputBytes = 4 * 1024 * 1024;
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const excerptLength = 400;

/**
 * Runs one plugin.
 * @returns its stdout; empty for operations without a result
 * @throws CniError naming plugin, network and operation
 */
export async function invokePlugin(invocation: Invocation, options: InvokeOptions): Promise<string> {
  const { verb, plugin, network, config, runtime, signal } = invocation;
  const { pluginDirs, exec = childProcessExec, timeoutMs = defaultTimeoutMs } = options;
  const path = await findPlugin(plugin, pluginDirs);
  if (path === undefined) {
    const problem = `is not installed; searched ${pluginDirs.join(', ')} (Debian's package containernetworking-plugins has the usual plugins)`;
    throw new CniError({ failure: 'missing', verb, network, plugin, problem });
  }
  let exit: PluginExit;
  try {
    exit = await exec({
      path,
      env: {
        PATH: defaultPath,
        ...(options.environment ?? process.env),
        ...pluginEnvironment(verb, runtime, pluginDirs),
      },
      stdin: JSON.stringify(config),
      timeoutMs,
      maxOutputBytes: options.maxOutputBytes ?? defaultMaxOutputBytes,
      signal,
    });
  } catch (cause) {
    const problem = `cannot start ${path}: ${messageOf(cause)}`;
    throw new CniError({ failure: 'spawn', verb, network, plugin, problem, cause });
  }
  const failure = describeExit(exit, timeoutMs);
  if (failure !== undefined) throw new CniError({ verb, network, plugin, ...failure });
  return exit.stdout;
}

/** The CNI_ variables of one operation. */
export function pluginEnvironment(
  verb: CniVerb,
  runtime: RuntimeConf | undefined,
  pluginDirs: readonly string[],
): Record<string, string> {
  return {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: runtime?.containerId ?? '',
    CNI_NETNS: runtime?.netns ?? '',
    CNI_IFNAME: runtime?.ifName ?? '',
    CNI_ARGS: (runtime?.args ?? []).map(([key, value]) => `${key}=${value}`).join(';'),
    CNI_PATH: pluginDirs.join(':'),
  };
}

/** The error of a plugin's exit; undefined when the plugin succeeded. */
function describeExit(exit: PluginExit, timeoutMs: number) {
  if (exit.ended === 'timeout') {
    const problem = `did not end within ${timeoutMs / 1000} s and was killed${lastWords(exit)}`;
    return { failure: 'timeout', problem } as const;
  }
  if (exit.ended === 'output-too-large') {
    return {
      failure: 'output-too-large',
      problem: `printed too much and was killed${lastWords(exit)}`,
    } as const;
  }
  if (exit.ended === 'aborted') return { failure: 'aborted', problem: 'was cancelled' } as const;
  if (exit.code === 0) return undefined;
  const reported = parseErrorObject(exit.stdout);
  if (reported !== undefined) return { failure: 'plugin', ...reported } as const;
  const how = exit.killedBy === null ? `exit code ${exit.code}` : `signal ${exit.killedBy}`;
  return { failure: 'crashed', problem: `failed with ${how}${lastWords(exit)}` } as const;
}

/** The error object of the spec; undefined when the plugin printed something else. */
function parseErrorObject(stdout: string): { code: number; problem: string; details?: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { code = 0, msg, details } = value;
  if (typeof code !== 'number' || typeof msg !== 'string' || msg === '') return undefined;
  return { code, problem: msg, details: typeof details === 'string' ? details : undefined };
}

/** The end of a plugin's output, for errors. */
function lastWords({ stderr, stdout }: PluginExit): string {
  const words = stderr.trim() || stdout.trim();
  if (words === '') return ', printing nothing';
  return `: ${words.length > excerptLength ? `…${words.slice(-excerptLength)}` : words}`;
}
