// The hosts that serve a registry's images, and how to connect to them.

/** A host that serves an image: a mirror or the registry itself. */
export interface RegistryHost {
  /** Root of the distribution API, as `https://registry-1.docker.io/v2`, without a slash at the end. */
  url: URL;
  /** `resolve` turns tags into digests, `pull` serves content by digest. */
  capabilities: ReadonlySet<'pull' | 'resolve'>;
  /** Sent with every request to this host. */
  headers: Record<string, string | string[]>;
  tls: TlsFiles;
  /** Whether to fall back to plain HTTP when the host does not speak TLS. */
  mayBePlain?: boolean;
  /** Set for a mirror: the registry that it mirrors, sent as `?ns=`. */
  mirrorOf?: string;
  /** The registry's name where that is not the host of `url`: credentials are looked up by it. */
  registry?: string;
  /** Tried in order on the repository's name; the first pattern that matches is replaced. */
  rewrites: readonly Rewrite[];
  /** Timeout of connecting in milliseconds. */
  dialTimeout?: number;
}

/** A rule that maps a repository's name to its name on a host. */
export interface Rewrite {
  pattern: RegExp;
  /** `$1` stands for the first group. */
  replacement: string;
}

/** A repository's name on a host, after the first rule that matches. */
export function rewrite(repository: string, rewrites: readonly Rewrite[]): string {
  const rule = rewrites.find(({ pattern }) => pattern.test(repository));
  return rule ? repository.replace(rule.pattern, rule.replacement) : repository;
}

/** Files for TLS, absolute paths. */
export interface TlsFiles {
  ca: string[];
  /** Client certificates; a missing key is in the certificate's file. */
  client: { cert: string; key?: string }[];
  skipVerify: boolean;
}

const noTls: TlsFiles = { ca: [], client: [], skipVerify: false };

/**
 * The registry itself, without mirrors. The certificate of a registry on this machine is not verified, as no one else
 * can answer in its place.
 */
export function upstream(registry: string, tls: TlsFiles = noTls): RegistryHost {
  const isLocal = isLoopback(registry);
  // With TLS files, use TLS and fall back to plain HTTP when the registry does not speak TLS.
  const hasTls = tls.ca.length > 0 || tls.client.length > 0 || tls.skipVerify;
  const mayBePlain = isLocal && !registry.endsWith(':443');
  const isPlain = mayBePlain && (!hasTls || registry.endsWith(':80'));
  return {
    url: new URL(`${isPlain ? 'http' : 'https'}://${upstreamHost(registry)}/v2`),
    capabilities: new Set(['pull', 'resolve']),
    headers: {},
    tls: isLocal && tls.ca.length === 0 ? { ...tls, skipVerify: true } : tls,
    rewrites: [],
    ...(mayBePlain && !isPlain && { mayBePlain }),
    ...(upstreamHost(registry) !== registry && { registry }),
  };
}

/** The host that serves a registry: Docker Hub's has another name. */
export function upstreamHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}

/** Whether a `host` or `host:port` is a loopback address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}
