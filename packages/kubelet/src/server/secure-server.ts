// The HTTPS server on port 10250: certificates, authentication, routes.
import { constants, X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '@berth/common/error-message.ts';
import { readTlsFiles, type TlsContents, TlsFiles } from '@berth/http/tls-files.ts';
import { createLogger } from '../klog/klog.ts';
import type { SecureServerOptions } from '../options/kubelet-options.ts';
import { authenticate } from './auth/authenticate.ts';
import { alwaysAllow, makeGate } from './auth/gate.ts';
import { serveRoutes } from './http/http-server.ts';
import { indexRoutes } from './http/route-match.ts';
import { type ServerHost, secureRoutes } from './kubelet-routes.ts';
import { servingCertificate } from './tls/serving-certificate.ts';

const log = createLogger('secure-server.ts');

/** The command of an exec is in its URL. Go's servers take 1 MiB, which many clients together could fill memory with. */
const maxHeaderSize = 256 * 1024;

/** What the server needs beside its options. */
export interface SecureServerPorts {
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
  { host, nodeName }: SecureServerPorts,
): Promise<{ server: Server; stop(): void }> {
  const { tls, clientCaFile, anonymousAuth } = options;
  const files = await servingCertificate({ ...tls, host: nodeName });
  const paths = { ...files, clientCaFile };
  const current = await readTlsFiles(paths);
  const server = createServer({
    ...contextOf(options, current),
    ...clientCertificates(clientCaFile),
    maxHeaderSize,
  });
  const known = { x509: clientCaFile !== undefined, anonymous: anonymousAuth };
  serveRoutes(server, {
    index: indexRoutes(secureRoutes(host, options)),
    serverType: 'readwrite',
    gate: makeGate((request) => authenticate(request, known), alwaysAllow),
    observe: host.observe,
  });
  const watch = new TlsFiles(paths, {
    current,
    renew: (contents) => server.setSecureContext(contextOf(options, contents)),
    onRenewed: () => log.info('Loaded the renewed certificates of the server', { ...paths }),
    onUnusable: (err) =>
      log.error('The renewed certificates cannot be used; the ones before stay in use', { ...paths, err }),
    onWatchFailed: (err, path) => log.error('Renewed certificates will not be noticed', { path, err }),
  });
  return { server, stop: () => watch[Symbol.dispose]() };
}

/** Clients are asked for a certificate, and are told by a response that it is wrong. */
function clientCertificates(clientCaFile: string | undefined): object {
  return clientCaFile === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
}

function contextOf({ tls }: SecureServerOptions, { cert, key, ca }: TlsContents): SecureContextOptions {
  if (ca !== undefined) requireCertificates(ca);
  return {
    cert,
    key,
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
