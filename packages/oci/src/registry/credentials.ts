import { readFile } from 'node:fs/promises';
import { JsonCursor } from '../json-cursor.ts';

/** Credentials as CRI's AuthConfig and Docker's config.json give them. Empty members count as absent. */
export interface AuthConfig {
  username?: string;
  password?: string;
  /** base64 of `username:password`. */
  auth?: string;
  /** The only server that may see them, as a host or URL; any that the image's registry is configured with when absent. */
  serverAddress?: string;
  /** An OAuth2 refresh token. */
  identityToken?: string;
  /** A bearer token for the registry itself. */
  registryToken?: string;
}

/** What is presented to a registry. */
export type Credentials =
  | { kind: 'anonymous' }
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'refresh-token'; token: string }
  | { kind: 'bearer'; token: string };

/** Decides what a server with this `host` or `host:port` is shown. Throws when `auth` is not what it should be. */
export function credentialsFor(host: string, config: AuthConfig | undefined): Credentials {
  if (!config) return { kind: 'anonymous' };
  if (config.serverAddress && !isSameServer(config.serverAddress, host)) return { kind: 'anonymous' };
  if (config.registryToken) return { kind: 'bearer', token: config.registryToken };
  if (config.identityToken) return { kind: 'refresh-token', token: config.identityToken };
  if (config.username || config.password) {
    return { kind: 'basic', username: config.username ?? '', password: config.password ?? '' };
  }
  return config.auth ? decodeAuth(config.auth) : { kind: 'anonymous' };
}

function decodeAuth(auth: string): Credentials {
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) throw new Error('auth: expected base64 of username:password');
  // Some tools pad the password with zero bytes.
  return {
    kind: 'basic',
    username: text.slice(0, colon),
    password: text.slice(colon + 1).replace(/\0+$/, ''),
  };
}

function isSameServer(address: string, host: string): boolean {
  const server = hostOf(address);
  return server === host || (isDockerHub(server) && isDockerHub(host));
}

function hostOf(address: string): string {
  return address.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '');
}

function isDockerHub(host: string): boolean {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.docker.io'].includes(host);
}

/**
 * Looks an image up in a Docker config.json: the entry whose address is the longest prefix of
 * `registry/repository`. Undefined when there is none or no such file.
 *
 * @throws when the file is malformed, or when a credential helper would have to be run for this registry
 */
export async function dockerCredentials(
  path: string,
  { registry, repository }: { registry: string; repository: string },
): Promise<AuthConfig | undefined> {
  const content = await readFile(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!content) return undefined;
  const json = JsonCursor.parse(content, path);
  const helper = json.field('credHelpers').optional((it) => it.stringMap())?.[registry];
  const entry = findEntry(json.field('auths'), registry, repository);
  if (entry === undefined && helper) {
    throw new Error(
      `${path}: credential helper ${helper} for ${registry} is not supported; write the credentials to auths`,
    );
  }
  return entry;
}

function findEntry(auths: JsonCursor, registry: string, repository: string): AuthConfig | undefined {
  if (!auths.isPresent) return undefined;
  const name = `${registry}/${repository}`;
  const [best] = Object.keys(auths.record())
    .filter((key) => {
      const prefix = key
        .replace(/^[a-z]+:\/\//, '')
        .replace(/\/v[12]\/?$/, '')
        .replace(/\/$/, '');
      return (
        name.startsWith(`${prefix}/`) || name === prefix || (isDockerHub(prefix) && isDockerHub(registry))
      );
    })
    .sort((a, b) => b.length - a.length);
  if (best === undefined) return undefined;
  const entry = auths.field(best);
  const read = (field: string) => entry.field(field).optional((it) => it.string()) ?? '';
  return {
    username: read('username'),
    password: read('password'),
    auth: read('auth'),
    identityToken: read('identitytoken'),
    registryToken: read('registrytoken'),
  };
}
