// Reads what a plugin printed.
import { messageOf } from '@berth/common/error-message.ts';
import type { NetworkConfigList, PluginConfig } from '../config/conf-list.ts';
import { parseResult } from '../result/parse.ts';
import type { CniResult } from '../result/result.ts';
import { CniError } from '../spec/errors.ts';

const excerptLength = 400;

/**
 * The result of ADD.
 * @throws CniError with failure `garbage`
 */
export function readResult(output: string, list: NetworkConfigList, { type }: PluginConfig): CniResult {
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

/** The JSON value that a plugin printed; undefined when it printed something else. */
export function parseOutput(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/** The beginning of an output, quoted for errors. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > excerptLength ? `${text.slice(0, excerptLength)}…` : text);
}
