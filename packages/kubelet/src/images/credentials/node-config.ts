// The node's own credentials for registries, in the places where the real kubelet looks for them.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { createLogger } from '../../klog/klog.ts';
import { parseDockerConfigJson, parseDockercfg, type RegistryEntry } from './docker-config.ts';

const log = createLogger('node-config.ts');

const maxBytes = 10 * 1024 * 1024;

/**
 * The entries of the first valid file: `config.json` in the kubelet's root directory, its working directory,
 * `~/.docker` and `/.docker`; then `.dockercfg` in the root directory, the working directory, `~` and `/`. Empty when
 * there is none.
 */
export async function nodeCredentials(rootDir: string): Promise<RegistryEntry[]> {
  const home = homedir();
  const files = [
    ...[rootDir, '.', join(home, '.docker'), '/.docker'].map((dir) => join(resolve(dir), 'config.json')),
    ...[rootDir, '.', home, '/'].map((dir) => join(resolve(dir), '.dockercfg')),
  ];
  for (const file of files) {
    const parse = file.endsWith('.json') ? parseDockerConfigJson : parseDockercfg;
    try {
      return parse((await readRegularFile(file, { maxBytes })).toString());
    } catch (err) {
      if (!hasCode(err, 'ENOENT', 'ENOTDIR')) {
        log.warn('Unable to read the credentials for registries', { err, path: file });
      }
    }
  }
  return [];
}
