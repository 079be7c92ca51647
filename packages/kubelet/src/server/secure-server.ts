// The HTTPS server on port 10250: certificates, authentication, routes.
import { constants, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '@berth/common/error-message.ts';
import { readTlsFiles, type TlsContents, TlsFiles, tlsFileNames } from '@berth/http/tls-files.ts';
import { createLogger } from '../klog/klog.ts';
import type { ReviewMetrics } from '../metrics/review-metrics.ts';
import type { SecureServerOptions } from '../options/kubelet-options.ts';
import { accessReviews } from './auth/access-review.ts';
import { authenticate } from './auth/authenticate.ts';
import { alwaysAllow, makeGate } from './auth/gate.ts';
import { type Reviewer, tokenReviews } from './auth/token-review.ts';
import { type Gate, serveRoutes } from './http/http-server.ts';
import { indexRoutes } from './http/route-match.ts';
import { type ServerHost, secureRoutes } from './kubelet-routes.ts';
import { refuseWithoutCertificate } from './tls/certificate-gate.ts';
import { servingCertificate } from './tls/serving-certificate.ts';

const log = createLogger('secure-server.ts');

/** The command of an exec is in its URL. Go's servers take 1 MiB, which many clients together could fill memory with. */
const maxHeaderSize = 256 * 1024;

/** A certificate that comes from elsewhere than configured files, and changes. */
export interface ServingCertificates {
  /** The certificate with its chain and its key, in PEM; undefined while there is no valid one. */
  current(): { cert: string; key: string } | undefined;
  /** Calls the listener for each new one, until what it returns is called. */
  onRenewed(listener: () => void): () => void;
}

/** What a server gets from a cluster. */
export interface ServerCluster {
  /** Undefined: the configured files, or a certificate that is made. */
  certificates?: ServingCertificates | undefined;
  /** The API server that webhooks ask. */
  reviewer?: Reviewer | undefined;
  /** Counts what is asked of it. */
  reviewMetrics?: ReviewMetrics | undefined;
}

/** What the server needs beside its options. */
export interface SecureServerPorts extends ServerCluster {
  host: ServerHost;
  /** The name in a certificate that is made. */
  nodeName: string;
}

/**
 * Makes the server, which does not listen yet; `stop` ends the watch of its certificates.
 * @throws when certificate, key or authorities cannot be used
 */
export async function startSecureServer(
  options: SecureServerOptions,
  { host, nodeName, certificates, reviewer, reviewMetrics }: SecureServerPorts,
): Promise<{ server: Server; stop(): void }> {
  const { tls, clientCaFile } = options;
  const pair = certificates === undefined ? await servingCertificate({ ...tls, host: nodeName }) : undefined;
  const paths = { ...pair, clientCaFile };
  const read = (): Promise<Partial<TlsContents>> =>
    pair === undefined ? readAuthorities(clientCaFile) : readTlsFiles({ ...pair, clientCaFile });
  const context = (files: Partial<TlsContents>): SecureContextOptions =>
    contextOf(options, { ...files, ...certificates?.current() });
  let current = await read();
  const server = createServer({ ...context(current), ...clientCertificates(clientCaFile), maxHeaderSize });
  if (certificates !== undefined) {
    refuseWithoutCertificate(server, () => certificates.current() !== undefined);
  }
  serveRoutes(server, {
    index: indexRoutes(secureRoutes(host, options)),
    serverType: 'readwrite',
    gate: gateOf(
      options,
      nodeName,
      reviewer && reviewMetrics ? reviewMetrics.counted(reviewer) : reviewer,
      reviewMetrics,
    ),
    observe: host.observe,
  });
  const renew = (files: Partial<TlsContents>): void => {
    server.setSecureContext(context(files));
    current = files;
  };
  const watch = new TlsFiles(tlsFileNames(paths), {
    read,
    current,
    renew,
    onRenewed: () => log.info('Loaded the renewed certificates of the server', { ...paths }),
    onUnusable: (err) =>
      log.error('The renewed certificates cannot be used; the ones before stay in use', { ...paths, err }),
    onWatchFailed: (err, path) => log.error('Renewed certificates will not be noticed', { path, err }),
  });
  const forget = certificates?.onRenewed(() => renew(current));
  return {
    server,
    stop: () => {
      watch[Symbol.dispose]();
      forget?.();
    },
  };
}

/** Who may come in. */
function gateOf(
  { clientCaFile, anonymousAuth, tokenReviewMs, accessReviews: ttls }: SecureServerOptions,
  nodeName: string,
  reviewer: Reviewer | undefined,
  metrics: ReviewMetrics | undefined,
): Gate {
  if (reviewer === undefined && (tokenReviewMs !== undefined || ttls !== undefined)) {
    throw new Error('no client provided, cannot use webhooks: there is no API server (--kubeconfig)');
  }
  const tokens =
    reviewer && tokenReviewMs !== undefined
      ? tokenReviews(reviewer, tokenReviewMs, metrics?.tokenCache)
      : undefined;
  const known = { x509: clientCaFile !== undefined, tokens, anonymous: anonymousAuth };
  const authorize = reviewer && ttls ? accessReviews(reviewer, nodeName, ttls) : alwaysAllow;
  return makeGate((request) => authenticate(request, known), authorize);
}

async function readAuthorities(clientCaFile: string | undefined): Promise<Pick<TlsContents, 'ca'>> {
  return clientCaFile === undefined ? {} : { ca: await readFile(clientCaFile, 'utf8') };
}

/** Clients are asked for a certificate, and are told by a response that it is wrong. */
function clientCertificates(clientCaFile: string | undefined): object {
  return clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
}

function contextOf(
  { tls }: SecureServerOptions,
  { cert, key, ca }: Partial<TlsContents>,
): SecureContextOptions {
  if (ca !== undefined) requireCertificates(ca);
  return {
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    minVersion: tls.minVersion,
    ciphers: tls.ciphers,
    // A resumed session would keep what an authority that was removed since has said.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(tls.curves !== undefined && { ecdhCurve: tls.curves }),
    ...(ca !== undefined && { ca }),
  };
}

/** OpenSSL ignores what is no certificate, and would then trust nobody without a word. */
function requireCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('clientCAFile: data does not contain any valid certificates');
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (error) {
      throw new Error(`clientCAFile: ${messageOf(error)}`, { cause: error });
    }
  }
}
