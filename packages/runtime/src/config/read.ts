import { readFileSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { type Config, defaultConfig, defaultConfigPath } from './config.ts';
import { ConfigError } from './located.ts';
import { parseConfig } from './parse.ts';

/**
 * Reads the config file at `path`, or else the default one, which may be missing. Throws a ConfigError. Calls
 * `onWarning` for each setting that it ignores.
 */
export function readConfig(path: string | undefined, onWarning: (message: string) => void): Config {
  const file = path ?? defaultConfigPath;
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if (path === undefined && hasCode(error, 'ENOENT')) return defaultConfig;
    throw new ConfigError(file, '', `cannot be read: ${messageWithCauses(error)}`);
  }
  return parseConfig(source, file, onWarning);
}
