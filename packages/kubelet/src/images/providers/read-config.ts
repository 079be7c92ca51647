// Reads --image-credential-provider-config, a file or a directory of files, and finds the programs that it names.
import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { type ProviderConfig, parseProviderConfig } from './provider-config.ts';
import { providersProblem } from './validate-config.ts';

/** The configured providers. */
export interface ProviderSettings {
  /** Directory of the programs. */
  binDir: string;
  providers: readonly ProviderConfig[];
  /** Of the files, as in `kubelet_credential_provider_config_info`. */
  hash: string;
}

/** Throws, in the real kubelet's words, when the providers cannot be used. */
export function readProviderSettings(configPath: string, binDir: string): ProviderSettings {
  if (!isThere(binDir)) throw new Error(`plugin binary directory ${binDir} did not exist`);
  if (configPath === '') throw new Error('credential provider config path is empty');
  const hash = createHash('sha256');
  const providers: ProviderConfig[] = [];
  for (const file of configFiles(configPath)) {
    const content = readFileSync(file);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(content.length));
    hash.update(length).update(content);
    try {
      providers.push(...parseProviderConfig(content));
    } catch (cause) {
      throw new Error(`error decoding config "${file}": ${messageOf(cause)}`, { cause });
    }
  }
  const names = new Set<string>();
  for (const { name } of providers) {
    if (names.has(name)) throw new Error(`duplicate provider name "${name}" found in configuration file(s)`);
    names.add(name);
  }
  const problem = providersProblem(providers);
  if (problem !== undefined) throw new Error(`failed to validate credential provider config: ${problem}`);
  for (const { name } of providers) checkProgram(join(binDir, name));
  return { binDir, providers, hash: `sha256:${hash.digest('hex')}` };
}

function configFiles(path: string): string[] {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (cause) {
    throw new Error(`unable to access path "${path}": ${messageOf(cause)}`, { cause });
  }
  if (!isDirectory) return [path];
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && ['.json', '.yaml', '.yml'].includes(extname(entry.name)))
    .map(({ name }) => join(path, name))
    .sort();
  if (files.length === 0) throw new Error(`no configuration files found in directory "${path}"`);
  return files;
}

function checkProgram(path: string): void {
  if (!isThere(path)) throw new Error(`plugin binary executable ${path} did not exist`);
  try {
    accessSync(path, constants.X_OK);
    if (statSync(path).isFile()) return;
  } catch (cause) {
    throw new Error(`error inspecting binary executable ${path}: permission denied`, { cause });
  }
  throw new Error(`error inspecting binary executable ${path}: is a directory`);
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
