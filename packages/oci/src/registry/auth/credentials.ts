/** Credentials of CRI's AuthConfig or Docker's config.json. Empty members are absent. */
export interface AuthConfig {
  username?: string;
  password?: string;
  /** base64 of `username:password`. */
  auth?: string;
  /** The only server to send them to, a host or URL. When absent, all hosts of the image's registry. */
  serverAddress?: string;
  /** An OAuth2 refresh token. */
  identityToken?: string;
  /** A bearer token for the registry itself. */
  registryToken?: string;
}

/** A repository on one server; `registry` is the server's host, with a port if any. */
export interface ImagePlace {
  registry: string;
  repository: string;
}

/** Credentials of a request, or a function that looks them up for each server. */
export type AuthSource = AuthConfig | ((place: ImagePlace) => Promise<AuthConfig | undefined>);

/** The credentials to send to a registry. */
export type Credentials =
  | { kind: 'anonymous' }
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'refresh-token'; token: string }
  | { kind: 'bearer'; token: string };

/** The credentials to send to a server with this `host` or `host:port`. Throws for an invalid `auth`. */
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

/** Whether a host is Docker Hub, which has several names, and a URL as its key in config.json. */
export function isDockerHub(host: string): boolean {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.docker.io'].includes(host);
}
