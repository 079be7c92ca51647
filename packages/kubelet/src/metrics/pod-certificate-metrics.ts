// Counts the certificates of pods.
import type { MetricsRegistry } from './registry.ts';

/** The family, read from `report` with each request. */
export function countPodCertificates(
  registry: MetricsRegistry,
  report: () => readonly { signerName: string; state: string; count: number }[],
): void {
  registry.readGauge(
    'kubelet_podcertificate_states',
    'Sources of projected volumes with certificates of pods, by signer and state.',
    ['signer_name', 'state'],
    () =>
      report().map(({ signerName, state, count }) => ({
        labels: { signer_name: signerName, state },
        value: count,
      })),
  );
}
