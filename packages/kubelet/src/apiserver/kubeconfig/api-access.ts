// What a kubeconfig says about the API server of its current context, checked as client-go checks it. Pure.
import { dirname, isAbsolute, join } from 'node:path';
import {
  type Cluster,
  type ExecConfig,
  type Kubeconfig,
  KubeconfigError,
  type NamedContext,
  type User,
} from './kubeconfig.ts';

/** A PEM text, or the file that has it. */
export type Pem = { pem: string } | { file: string };

/** How to reach one API server with one identity. Paths are absolute. */
export interface ApiAccess {
  /** With its path, which all requests are below; https unless the kubeconfig says http. */
  server: URL;
  /** The name in the server's certificate, if that is not the host of `server`. */
  tlsServerName?: string;
  /** Whether any certificate of the server will do. */
  insecureSkipTlsVerify: boolean;
  /** The authorities of the server's certificate; absent: those of the system. */
  certificateAuthority?: Pem;
  /** The proxy to it; absent: that of the environment. */
  proxyUrl?: URL;
  user: ApiUser;
}

/** The credentials of an identity; none of them: anonymous. */
export interface ApiUser {
  clientCertificate?: { cert: Pem; key: Pem };
  token?: string;
  /** A token that is read again every minute; wins over `token`. */
  tokenFile?: string;
  basic?: { username: string; password: string };
  exec?: ExecAccess;
  impersonate?: Impersonation;
}

/** A program that prints credentials, and what it may want to know about the server. */
export interface ExecAccess extends ExecConfig {
  /** The extension `client.authentication.k8s.io/exec` of the cluster. */
  clusterConfig?: unknown;
}

/** Whom the server should take the user for. */
export interface Impersonation {
  user: string;
  uid?: string;
  groups: string[];
  extra: Record<string, string[]>;
}

const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** `Always` would need a terminal. */
const execModes = ['Never', 'IfAvailable'];

/**
 * The access of the current context. Relative paths are below the folder of the kubeconfig. Throws KubeconfigError.
 *
 * @param path of the kubeconfig
 */
export function apiAccess(kubeconfig: Kubeconfig, path: string): ApiAccess {
  const current = kubeconfig['current-context'] ?? '';
  const entry = kubeconfig.contexts.find(({ name }) => name === current);
  if (current !== '' && entry === undefined) {
    throw new KubeconfigError(`current-context: context ${JSON.stringify(current)} does not exist`);
  }
  const context: NamedContext['context'] = entry?.context ?? {};
  const cluster = kubeconfig.clusters.find(({ name }) => name === (context.cluster ?? ''))?.cluster;
  if (cluster === undefined) throw new KubeconfigError(noCluster(kubeconfig, current, context.cluster));
  // A user that does not exist is anonymous, as to client-go.
  const user = kubeconfig.users.find(({ name }) => name === (context.user ?? ''))?.user ?? {};
  const at = (file: string): string => (isAbsolute(file) ? file : join(dirname(path), file));
  const server = serverUrl(cluster, context.cluster ?? '');
  return {
    server,
    ...serverIdentity(cluster, context.cluster ?? '', at),
    // Credentials never go over an open connection.
    user: server.protocol === 'https:' ? credentials(user, context.user ?? '', cluster, at) : {},
  };
}

function noCluster({ clusters }: Kubeconfig, current: string, name: string | undefined): string {
  if (current === '') {
    return clusters.length === 0
      ? 'no configuration has been provided: there are no clusters'
      : 'current-context: no context is chosen';
  }
  if (name === undefined) return `contexts: ${JSON.stringify(current)} names no cluster`;
  return `contexts: ${JSON.stringify(current)} names the cluster ${JSON.stringify(name)}, which does not exist`;
}

function serverUrl({ server = '' }: Cluster, name: string): URL {
  if (server === '') throw new KubeconfigError(`no server found for cluster ${JSON.stringify(name)}`);
  const where = `clusters: ${JSON.stringify(name)}: server`;
  // A host and port alone are without TLS to client-go.
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(server) ? server : `http://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new KubeconfigError(`${where}: expected a URL or a host and port, not ${JSON.stringify(server)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new KubeconfigError(`${where}: a user in the URL is not supported; write username and password`);
  }
  url.search = '';
  url.hash = '';
  return url;
}

function serverIdentity(
  cluster: Cluster,
  name: string,
  at: (file: string) => string,
): Omit<ApiAccess, 'server' | 'user'> {
  const insecureSkipTlsVerify = cluster['insecure-skip-tls-verify'] ?? false;
  const authority = pemOf(
    `clusters: ${JSON.stringify(name)}: certificate-authority`,
    cluster['certificate-authority'],
    cluster['certificate-authority-data'],
    at,
  );
  if (insecureSkipTlsVerify && authority !== undefined) {
    throw new KubeconfigError(
      `clusters: ${JSON.stringify(name)}: insecure-skip-tls-verify is set beside a certificate authority; remove one of them`,
    );
  }
  const { 'tls-server-name': tlsServerName, 'proxy-url': proxyUrl } = cluster;
  return {
    insecureSkipTlsVerify,
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...(authority && { certificateAuthority: authority }),
    ...(proxyUrl !== undefined && { proxyUrl: proxyOf(proxyUrl, name) }),
  };
}

function proxyOf(text: string, cluster: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:', 'socks5:'].includes(url.protocol)) return url;
  // The URL may have a password.
  throw new KubeconfigError(
    `clusters: ${JSON.stringify(cluster)}: proxy-url: unsupported scheme or no URL; it must be http, https, or socks5`,
  );
}

function credentials(user: User, name: string, cluster: Cluster, at: (file: string) => string): ApiUser {
  const where = `users: ${JSON.stringify(name)}`;
  const { token, tokenFile, username, password = '', exec } = user;
  if (user['auth-provider'] !== undefined) {
    throw new KubeconfigError(
      `${where}: auth-provider: ${JSON.stringify(user['auth-provider'].name)} is not supported; use exec`,
    );
  }
  const hasBasic = username !== undefined || password !== '';
  if (hasBasic && (token !== undefined || tokenFile !== undefined)) {
    throw new KubeconfigError(`${where}: a token and username/password are set; only one of them is allowed`);
  }
  const impersonate = impersonation(user, where);
  const clientCertificate = certificateOf(user, where, at);
  return {
    ...(clientCertificate && { clientCertificate }),
    ...(token !== undefined && { token }),
    ...(tokenFile !== undefined && { tokenFile: at(tokenFile) }),
    ...(hasBasic && { basic: { username: username ?? '', password } }),
    ...(exec && { exec: execAccess(exec, where, cluster, at) }),
    ...(impersonate && { impersonate }),
  };
}

function certificateOf(
  user: User,
  where: string,
  at: (file: string) => string,
): ApiUser['clientCertificate'] {
  const cert = pemOf(
    `${where}: client-certificate`,
    user['client-certificate'],
    user['client-certificate-data'],
    at,
  );
  if (cert === undefined) return undefined;
  const key = pemOf(`${where}: client-key`, user['client-key'], user['client-key-data'], at);
  if (key !== undefined) return { cert, key };
  throw new KubeconfigError(
    `${where}: client-key or client-key-data must be set beside a client certificate`,
  );
}

/** Data, or a file; not both. */
function pemOf(
  where: string,
  file: string | undefined,
  data: string | undefined,
  at: (file: string) => string,
): Pem | undefined {
  if (file !== undefined && data !== undefined) {
    throw new KubeconfigError(
      `${where} and ${where.split(': ').at(-1)}-data are both set; remove one of them`,
    );
  }
  if (data !== undefined) return { pem: Buffer.from(data, 'base64').toString() };
  return file === undefined ? undefined : { file: at(file) };
}

function impersonation(user: User, where: string): Impersonation | undefined {
  const { as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} } = user;
  if (as !== undefined) return { user: as, ...(uid !== undefined && { uid }), groups, extra };
  if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw new KubeconfigError(`${where}: as-uid, as-groups or as-user-extra are set without as`);
}

function execAccess(
  exec: ExecConfig,
  where: string,
  cluster: Cluster,
  at: (file: string) => string,
): ExecAccess {
  const fail = (problem: string): KubeconfigError => new KubeconfigError(`${where}: exec: ${problem}`);
  if (exec.command === '') throw fail('command must be set');
  if (!execVersions.includes(exec.apiVersion)) {
    throw fail(`apiVersion ${JSON.stringify(exec.apiVersion)} is none of ${execVersions.join(', ')}`);
  }
  if (!execModes.includes(exec.interactiveMode)) {
    throw fail(`interactiveMode ${JSON.stringify(exec.interactiveMode)} is none of ${execModes.join(', ')}`);
  }
  if (exec.env.some(({ name }) => name === '')) throw fail('env: a name is empty');
  const extension = cluster.extensions?.find(
    ({ name }) => name === 'client.authentication.k8s.io/exec',
  )?.extension;
  return {
    ...exec,
    // A name without a slash is looked up in PATH.
    command: exec.command.includes('/') ? at(exec.command) : exec.command,
    ...(extension !== undefined && { clusterConfig: extension }),
  };
}
