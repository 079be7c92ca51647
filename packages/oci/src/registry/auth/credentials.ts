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

/** An image's place on one server: `registry` is the server's host, with a port where it has one. */
export interface ImagePlace {
  registry: string;
  repository: string;
}

/** Credentials of a request, or what looks them up for each server that is about to be asked. */
export type AuthSource = AuthConfig | ((place: ImagePlace) => Promise<AuthConfig | undefined>);

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

/** Docker Hub goes by several names, and its config.json entry is by a URL. */
export function isDockerHub(host: string): boolean {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.docker.io'].includes(host);
}
