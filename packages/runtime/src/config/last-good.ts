// The settings that the running berthd started with, in its state directory: `berth` uses them while config.yaml is wrong.
import { join } from 'node:path';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { replaceFileSync } from '@berth/common/files/replace-file.ts';
import { type Config, defaultConfig } from './config.ts';
import { dumpConfig } from './default-file.ts';
import { parseConfig } from './parse.ts';

const maxBytes = 1024 * 1024;

/** Records the settings. Throws when they cannot be written. */
export function saveLastGood(config: Config): void {
  replaceFileSync(fileIn(config.state), dumpConfig(config), { mode: 0o600 });
}

/** The settings of the berthd with this state directory; undefined when there are none that can be read. */
export function loadLastGood(state = defaultConfig.state): Config | undefined {
  const file = fileIn(state);
  try {
    const text = readRegularFileSync(file, { maxBytes, followLink: false }).toString();
    return text.trim() === '' ? undefined : parseConfig(text, file, () => {});
  } catch {
    return undefined;
  }
}

function fileIn(state: string): string {
  return join(state, 'settings.yaml');
}
