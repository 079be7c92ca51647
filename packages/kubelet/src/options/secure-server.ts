// The settings of the secure server, checked as the real kubelet checks them.
import { resolve } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { opensslCiphers, opensslCurves, tlsVersions } from '../server/tls/go-names.ts';
import { ConfigurationError } from './kubelet-configuration.ts';
import type { SecureServerOptions } from './kubelet-options.ts';
import type { Settings } from './settings.ts';

/** The options, and what to tell of them. Throws ConfigurationError. */
export function secureServerOptions(
  settings: Settings,
  certDir: string,
  hasApiServer: boolean,
): { options: SecureServerOptions; notices: readonly string[] } {
  if (!hasApiServer) refuseWebhooks(settings);
  const { tlsCertFile, tlsPrivateKeyFile, tlsMinVersion } = settings;
  if ((tlsCertFile === '') !== (tlsPrivateKeyFile === '')) {
    throw new ConfigurationError('tlsCertFile and tlsPrivateKeyFile must be given together');
  }
  const minVersion = tlsVersions.get(tlsMinVersion || 'VersionTLS12');
  if (minVersion === undefined) {
    throw new ConfigurationError(
      `tlsMinVersion: unknown tls version ${JSON.stringify(tlsMinVersion)}; known are ${[...tlsVersions.keys()].join(', ')}`,
    );
  }
  const { ciphers, notices } = checked('tlsCipherSuites', () => opensslCiphers(settings.tlsCipherSuites));
  const curves = checked('tlsCurvePreferences', () => opensslCurves(settings.tlsCurvePreferences));
  const isIgnored = minVersion === 'TLSv1.3' && settings.tlsCipherSuites.length > 0;
  const options: SecureServerOptions = {
    address: settings.address,
    port: settings.enableServer ? settings.port : 0,
    tls: {
      certDir: resolve(certDir),
      certFile: pathOf(tlsCertFile),
      keyFile: pathOf(tlsPrivateKeyFile),
      minVersion,
      // OpenSSL allows no ciphers of TLS 1.0 and 1.1 above this level.
      ciphers: minVersion < 'TLSv1.2' ? `${ciphers}:@SECLEVEL=0` : ciphers,
      curves,
    },
    clientCaFile: pathOf(settings.clientCAFile),
    tokenReviewMs: settings.webhookAuth ? settings.webhookCacheTTL : undefined,
    accessReviews:
      settings.authorizationMode === 'Webhook'
        ? { allowedMs: settings.accessAllowedTTL, deniedMs: settings.accessDeniedTTL }
        : undefined,
    anonymousAuth: settings.anonymousAuth,
    handlers: {
      debugging: settings.enableDebuggingHandlers,
      profiling: settings.enableProfilingHandler,
      debugFlags: settings.enableDebugFlagsHandler,
      systemLogs: settings.enableSystemLogHandler,
      systemLogQuery: settings.enableSystemLogQuery,
    },
    streamIdleTimeoutMs: settings.streamingConnectionIdleTimeout,
  };
  return {
    options,
    notices: isIgnored
      ? [...notices, 'TLS 1.3 cipher suites are not configurable, ignoring tlsCipherSuites']
      : notices,
  };
}

/** Webhooks ask an API server, which a kubelet without --kubeconfig does not have. */
function refuseWebhooks({ webhookAuth, authorizationMode }: Settings): void {
  const problem = (what: string, remedy: string): ConfigurationError =>
    new ConfigurationError(
      `no client provided, cannot use webhook ${what}: there is no API server (--kubeconfig); ${remedy}`,
    );
  if (webhookAuth) throw problem('authentication', 'set authentication.webhook.enabled to false');
  if (authorizationMode === 'Webhook')
    throw problem('authorization', 'set authorization.mode to AlwaysAllow');
}

function checked<Result>(field: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new ConfigurationError(`${field}: ${messageOf(error)}`);
  }
}

function pathOf(path: string): string | undefined {
  return path === '' ? undefined : resolve(path);
}
