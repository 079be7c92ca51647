// Ends a kubelet whose client certificate is gone while the API server works: only a kubelet that starts again can use
// credentials for bootstrapping, or what somebody laid down for it.
import { createLogger } from '../../klog/klog.ts';
import type { CertificateManager } from './certificate-manager.ts';

const log = createLogger('lost-identity.ts');

const checkMs = 10_000;
/** How long a kubelet goes on without a valid certificate. */
const exitAfterMs = 5 * 60_000;

/** What to do about a certificate: nothing, tell that a new start may be necessary, or end. Pure. */
export function lossVerdict({
  hasCertificate,
  lastHadAt,
  isServerHealthy,
  now,
}: {
  hasCertificate: boolean;
  /** When there last was a valid certificate, or the kubelet started; milliseconds. */
  lastHadAt: number;
  isServerHealthy: boolean;
  now: number;
}): 'none' | 'tell' | 'exit' {
  if (hasCertificate || now <= lastHadAt + exitAfterMs) return 'none';
  return isServerHealthy ? 'exit' : 'tell';
}

/**
 * Looks at the certificate from time to time until the signal fires.
 *
 * @param exit ends the process so that its supervisor starts it again
 * @param uptime milliseconds of a clock that nobody sets
 */
export function exitWithoutIdentity(
  manager: Pick<CertificateManager, 'current' | 'isServerHealthy'>,
  exit: () => void,
  signal: AbortSignal,
  uptime = (): number => performance.now(),
): void {
  let lastHadAt = uptime();
  const check = (): void => {
    const now = uptime();
    const hasCertificate = manager.current() !== undefined;
    if (hasCertificate) lastHadAt = now;
    const verdict = lossVerdict({
      hasCertificate,
      lastHadAt,
      isServerHealthy: manager.isServerHealthy(),
      now,
    });
    const fields = { secondsWithoutCertificate: Math.round((now - lastHadAt) / 1000) };
    if (verdict === 'tell') {
      log.error(
        'No valid client certificate is found but the server is not responsive. A restart may be necessary to retrieve new initial credentials.',
        fields,
      );
    } else if (verdict === 'exit') {
      log.error('No valid client certificate is found and the server is responsive, exiting.', fields);
      exit();
    }
  };
  const timer = setInterval(check, checkMs).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
