// Tells how long the certificates from an API server are valid, and how renewing them goes.
import type { MetricsRegistry } from './registry.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Bounds of the ages at which serving certificates are replaced, in seconds. */
const ages = [minute, hour, 4 * hour, day, 7 * day, 30 * day, 90 * day, 180 * day, 360 * day, 1440 * day];

/** A certificate that may be there: when it expires, in milliseconds since the epoch. */
export type ReadExpiry = () => number | undefined;

/** Counts the renewals of one certificate. */
export interface RenewalCounts {
  renewFailed(): void;
  /** `ageSeconds` is the age of the certificate that was replaced, if there was one. */
  renewed(ageSeconds: number | undefined): void;
}

/** The families of the client certificate. */
export function countClientCertificate(registry: MetricsRegistry, expiry: ReadExpiry): RenewalCounts {
  registry.readGauge(
    'kubelet_certificate_manager_client_ttl_seconds',
    'Seconds until the client certificate expires, below 0 afterwards; +Inf without a certificate.',
    [],
    () => secondsLeft(expiry()),
  );
  const errors = registry.counter(
    'kubelet_certificate_manager_client_expiration_renew_errors',
    'Attempts to renew the client certificate that failed.',
  );
  return { renewFailed: () => errors.inc(), renewed: () => {} };
}

/** The families of the serving certificate. */
export function countServingCertificate(registry: MetricsRegistry, expiry: ReadExpiry): RenewalCounts {
  registry.readGauge(
    'kubelet_certificate_manager_server_ttl_seconds',
    'Seconds until the serving certificate expires, below 0 afterwards; +Inf without a certificate.',
    [],
    () => secondsLeft(expiry()),
  );
  const rotations = registry.histogram(
    'kubelet_certificate_manager_server_rotation_seconds',
    'Ages at which serving certificates were replaced, in seconds.',
    [],
    ages,
  );
  const errors = registry.counter(
    'kubelet_server_expiration_renew_errors',
    'Attempts to renew the serving certificate that failed.',
  );
  return {
    renewFailed: () => errors.inc(),
    renewed: (ageSeconds) => {
      if (ageSeconds !== undefined) rotations.observe(ageSeconds);
    },
  };
}

function secondsLeft(expiresAt: number | undefined): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.trunc((expiresAt - Date.now()) / 1000);
}
