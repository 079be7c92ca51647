// A registry of the test's own: Debian's docker-registry on a loopback port.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './scratch.ts';

export interface Registry extends Daemon {
  /** `127.0.0.1:PORT`, the first part of a reference. */
  host: string;
}

/** Starts an empty registry below `dir`, without TLS; `htpasswd` is a file with the users that it asks for. */
export async function startRegistry(dir: string, options: { htpasswd?: string } = {}): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`;
  const config = writeRegistryConfig(dir, { ...options, host });
  const daemon = await startDaemon({
    name: 'docker-registry',
    argv: ['/usr/bin/docker-registry', 'serve', config],
    dir,
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: async () => [200, 401].includes((await fetch(`http://${host}/v2/`)).status),
  });
  return { ...daemon, host };
}

/** Writes the configuration of a registry at `host` with its storage below `dir`; gives back its path. */
export function writeRegistryConfig(
  dir: string,
  { host, htpasswd }: { host: string; htpasswd?: string },
): string {
  const storage = join(dir, 'registry');
  mkdirSync(storage, { recursive: true });
  const config = join(dir, 'registry.yml');
  const users = htpasswd && `auth: { htpasswd: { realm: test, path: ${htpasswd} } }\n`;
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${storage} } }\nhttp: { addr: ${host} }\n${users ?? ''}`,
  );
  return config;
}

/** A TCP port of the loopback interface that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
