// Gives a new node its identity: with the credentials of the bootstrap kubeconfig it requests a client certificate,
// and leaves a kubeconfig that names it.
import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { makeDirectories } from '@berth/common/files/directories.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { replaceFile } from '@berth/common/files/replace-file.ts';
import { createLogger } from '../../klog/klog.ts';
import { parseCertificates } from '../../x509/certificate-facts.ts';
import { type ApiClient, ApiError } from '../api-client.ts';
import { type ApiAccess, apiAccess, type Pem } from '../kubeconfig/api-access.ts';
import { type Kubeconfig, parseKubeconfig } from '../kubeconfig/kubeconfig.ts';
import { loadKubeconfig } from '../kubeconfig/load.ts';
import { bootstrappedKubeconfig } from './bootstrapped-kubeconfig.ts';
import { CertificateStore, readPair } from './certificate-store.ts';
import { clientTemplate } from './certificate-template.ts';
import { keyPem, loadOrMakeKey, parseKey } from './private-key.ts';
import {
  clientUsages,
  issuedCertificate,
  type MadeRequest,
  makeRequest,
  RequestOverError,
} from './request-certificate.ts';
import { requestName } from './request-name.ts';

const log = createLogger('bootstrap.ts');

/** The signer of certificates with which kubelets ask an API server. */
export const clientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';

/** Maximum size of a file in PEM or of a kubeconfig. */
const maxBytes = 4 * 1024 * 1024;
/** How long an API server that does not answer yet is waited for. */
const serverWaitMs = 60_000;
const serverRetryMs = 2000;
/** How long the certificate is waited for. */
const issueTimeoutMs = 3_600_000;

/** Where identities are. */
export interface IdentityFiles {
  /** --kubeconfig: read, or written. */
  kubeconfig: string;
  /** --bootstrap-kubeconfig. */
  bootstrapKubeconfig: string;
  /** --cert-dir. */
  certDir: string;
}

/**
 * The store of the certificate with which the kubelet is the client of an API server.
 *
 * @param certFile of a kubeconfig, for a store that has no certificate yet
 */
export function clientStore(certDir: string, certFile?: string, keyFile?: string): CertificateStore {
  return new CertificateStore({ prefix: 'kubelet-client', directory: certDir, certFile, keyFile });
}

/**
 * Whether a kubeconfig has a client certificate that did not expire; everything else needs bootstrapping. Throws only
 * for a file that exists and cannot be looked at.
 */
export async function hasValidCertificate(path: string): Promise<boolean> {
  try {
    await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw new Error(`error reading existing bootstrap kubeconfig ${path}: ${messageOf(error)}`);
  }
  try {
    const { clientCertificate } = (await loadKubeconfig(path)).user;
    if (clientCertificate === undefined) throw new Error('it names no client certificate');
    const [cert, key] = [await pemText(clientCertificate.cert), await pemText(clientCertificate.key)];
    readPair(cert, key);
    const expired = expiredCertificate(cert, Date.now());
    if (expired !== undefined) throw new Error(`part of its client certificate is expired: ${expired}`);
    return true;
  } catch (error) {
    log.error('The existing kubeconfig cannot be used; bootstrapping again', { path, err: error });
    return false;
  }
}

/** When a certificate of a chain expired; undefined when none has. */
function expiredCertificate(pem: string, now: number): string | undefined {
  return parseCertificates(pem).find(({ validToDate }) => validToDate.getTime() < now)?.validTo;
}

async function pemText(pem: Pem): Promise<string> {
  return 'pem' in pem ? pem.pem : (await readRegularFile(pem.file, { maxBytes })).toString();
}

/** A bootstrap kubeconfig: what it says, and its access. */
export interface Bootstrap {
  kubeconfig: Kubeconfig;
  access: ApiAccess;
}

/** Reads a bootstrap kubeconfig. Throws an error that names it. */
export async function loadBootstrap(path: string): Promise<Bootstrap> {
  try {
    const kubeconfig = parseKubeconfig(await readRegularFile(path, { maxBytes }));
    return { kubeconfig, access: apiAccess(kubeconfig, path) };
  } catch (error) {
    throw new Error(`unable to load bootstrap kubeconfig: ${path}: ${messageOf(error)}`);
  }
}

/** Writes the kubeconfig that names the store's certificate. */
export async function writeKubeconfig(path: string, bootstrap: Bootstrap, pairPath: string): Promise<void> {
  await makeDirectories(dirname(path), 0o755);
  await replaceFile(path, bootstrappedKubeconfig(bootstrap, pairPath), { mode: 0o600 });
}

/**
 * Gets the first certificate of a node whose kubeconfig has no valid one, and writes it and the kubeconfig. Each step can
 * be interrupted: a later call finds the key and the request again.
 *
 * @param connect makes a client with the credentials of an access
 */
export async function bootstrapClientCertificate(
  { kubeconfig, bootstrapKubeconfig, certDir }: IdentityFiles,
  nodeName: string,
  connect: (access: ApiAccess) => ApiClient,
  signal: AbortSignal,
): Promise<void> {
  if (await hasValidCertificate(kubeconfig)) {
    log.v(2, 'Kubeconfig exists and is valid, skipping bootstrap', { path: kubeconfig });
    return;
  }
  log.v(2, 'Using bootstrap kubeconfig to generate TLS client cert, key and kubeconfig file');
  const bootstrap = await loadBootstrap(bootstrapKubeconfig);
  const store = clientStore(certDir);
  const keyPath = join(certDir, 'kubelet-client.key.tmp');
  const key = (await storedKey(store)) ?? (await loadOrMakeKey(keyPath));
  const template = clientTemplate(nodeName);
  const usages = clientUsages(key);
  const name = requestName(key, template, usages);
  const client = connect(bootstrap.access);
  const request = await onceServerAnswers(
    () => makeRequest(client, { template, key, signerName: clientSigner, usages, name }, signal),
    signal,
  );
  log.v(2, 'Waiting for client certificate to be issued', { csr: name });
  const until = AbortSignal.any([signal, AbortSignal.timeout(issueTimeoutMs)]);
  const cert = await issuedCertificate(client, request, until);
  await store.update(cert, keyPem(key), new Date());
  await rm(keyPath, { force: true });
  await writeKubeconfig(kubeconfig, bootstrap, store.currentPath);
}

/** The key of a certificate that the store has, though its kubeconfig is gone or it has expired. */
async function storedKey(store: CertificateStore): Promise<ReturnType<typeof parseKey>> {
  try {
    return parseKey((await store.current())?.key ?? '');
  } catch (error) {
    log.warn('The stored client certificate cannot be used; requesting one with a new key', { err: error });
    return undefined;
  }
}

/** Whether the API server has said no, and not merely nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof RequestOverError || (error instanceof ApiError && error.code < 500);
}

/** Tries again for a minute while the API server cannot be reached or is still starting. */
async function onceServerAnswers(
  attempt: () => Promise<MadeRequest>,
  signal: AbortSignal,
): Promise<MadeRequest> {
  const deadline = performance.now() + serverWaitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (isRefusal(error) || signal.aborted || performance.now() > deadline) throw error;
      log.info('Failed to connect to apiserver', { err: error });
    }
    await sleepUntilAborted(serverRetryMs * (1 + 0.2 * Math.random()), signal);
    signal.throwIfAborted();
  }
}
