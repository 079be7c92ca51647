// The two documents of a credential plugin (client.authentication.k8s.io): what it is told and what it prints. Pure.
import { isObject } from '@berth/common/json/is-object.ts';
import type { ApiAccess, ExecAccess } from '../kubeconfig/api-access.ts';
import type { Credential } from './credential.ts';

/** Credentials, and until when they are valid; undefined: until the server refuses them. */
export interface ExecCredential {
  credential: Credential;
  expiresAtMs: number | undefined;
}

/** The environment variable KUBERNETES_EXEC_INFO. `authority` is the PEM text of the server's authority. */
export function execInfo(exec: ExecAccess, access: ApiAccess, authority: string | undefined): string {
  const { server, tlsServerName, insecureSkipTlsVerify, proxyUrl } = access;
  const cluster = {
    server: server.href.replace(/\/$/, ''),
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
    ...(insecureSkipTlsVerify && { 'insecure-skip-tls-verify': true }),
    ...(authority !== undefined && {
      'certificate-authority-data': Buffer.from(authority).toString('base64'),
    }),
    ...(proxyUrl && { 'proxy-url': proxyUrl.href.replace(/\/$/, '') }),
    config: exec.clusterConfig ?? null,
  };
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: exec.apiVersion,
    spec: { ...(exec.provideClusterInfo && { cluster }), interactive: false },
  });
}

/** Reads what a plugin printed. Throws an error that quotes nothing of it. */
export function readExecCredential(text: string, apiVersion: string): ExecCredential {
  const printed = parse(text);
  if (printed['kind'] !== 'ExecCredential') throw new Error('the plugin printed no ExecCredential');
  if (printed['apiVersion'] !== apiVersion) {
    throw new Error(`the plugin is configured to use API version ${apiVersion} and printed another one`);
  }
  const { status } = printed;
  if (!isObject(status)) throw new Error('the plugin printed no status');
  const token = textOf(status, 'token');
  const cert = textOf(status, 'clientCertificateData');
  const key = textOf(status, 'clientKeyData');
  if ((cert === '') !== (key === ''))
    throw new Error('the plugin printed only a certificate or a key, not both');
  if (token === '' && cert === '')
    throw new Error('the plugin printed no token and no certificate with its key');
  const expires = textOf(status, 'expirationTimestamp');
  const expiresAtMs = expires === '' ? undefined : Date.parse(expires);
  if (Number.isNaN(expiresAtMs)) throw new Error('the plugin printed an expirationTimestamp that is no time');
  return {
    credential: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(cert !== '' && { certificate: { cert, key } }),
    },
    expiresAtMs,
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Its message would quote the text.
  }
  throw new Error('the plugin printed no JSON object');
}

function textOf(status: Record<string, unknown>, name: string): string {
  const value = status[name] ?? '';
  if (typeof value !== 'string') throw new Error(`the plugin printed a ${name} that is no string`);
  return value;
}
