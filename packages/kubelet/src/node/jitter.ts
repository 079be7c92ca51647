// Intervals of different lengths, so that many kubelets do not ask an API server at the same moment.

const share = 0.04;

/** The interval, or up to a twenty-fifth more. */
export function jittered(intervalMs: number): number {
  return intervalMs * (1 + share * Math.random());
}
