// Finds the hosts of a registry in the certs.d directory.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { type RegistryHost, type TlsFiles, upstream } from './host.ts';
import { parseHostsFile, type Warn } from './hosts-toml.ts';

/** Far more than any real file has. */
const maxHostsBytes = 1024 * 1024;

/**
 * The hosts to try for a registry, in order: the mirrors of `certs.d/HOST/hosts.toml` in the order of the file,
 * then its `server`, or the registry itself when the file names none. Without a directory for the host that of
 * `_default` is used; without a hosts.toml in it, Docker's certificate files (`*.crt`, `*.cert` with `*.key`), which
 * also replace a hosts.toml that is invalid, as in containerd.
 * A registry on this machine is reached by plain HTTP unless its port is 443, all others by HTTPS.
 *
 * @param hostsDir the certs.d directory; it need not exist
 */
export async function registryHosts(
  registry: string,
  hostsDir: string | undefined,
  warn: Warn,
): Promise<RegistryHost[]> {
  const dir =
    hostsDir &&
    hostDirectories(registry)
      .map((name) => join(hostsDir, name))
      .find((path) => existsSync(path));
  if (!dir) return [upstream(registry)];
  const file = join(dir, 'hosts.toml');
  if (existsSync(file)) {
    try {
      const text = (await readRegularFile(file, { maxBytes: maxHostsBytes })).toString();
      if (text !== '') return parseHostsFile(text, registry, dir, (problem) => warn(`${file}: ${problem}`));
    } catch (cause) {
      const problem = messageOf(cause);
      warn(`${file}: ${problem}; the file is ignored, and ${registry} is used without mirrors`);
    }
  }
  return [upstream(registry, await certificateFiles(dir))];
}

/** The names of a registry's directory; containerd writes `host_port_` for one with a port. */
function hostDirectories(registry: string): string[] {
  const portForm = registry.replace(/:(\d+)$/, '_$1_');
  return [...new Set([portForm, registry, '_default'])];
}

async function certificateFiles(dir: string): Promise<TlsFiles> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
  const client = names
    .filter((name) => name.endsWith('.cert'))
    .map((name) => {
      const key = name.replace(/cert$/, 'key');
      return { cert: join(dir, name), ...(names.includes(key) && { key: join(dir, key) }) };
    });
  return {
    ca: names.filter((name) => name.endsWith('.crt')).map((name) => join(dir, name)),
    client,
    skipVerify: false,
  };
}
