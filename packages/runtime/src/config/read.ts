import { readFileSync } from 'node:fs';
import { plainMessage } from '@berth/common/errno-text.ts';
import { hasCode } from '@berth/common/error-code.ts';
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
    const reason = plainMessage(error).replace(`${file}: `, '');
    throw new ConfigError(
      file,
      '',
      `cannot be read: ${reason}; berthd config default prints one to start from`,
    );
  }
  return parseConfig(source, file, onWarning);
}
