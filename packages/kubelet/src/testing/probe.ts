// Probes for tests: complete, as api/defaults.ts makes them.
import type { Probe as V1Probe } from 'kubernetes-types/core/v1.d.ts';
import { defaultProbe } from '../api/defaults.ts';
import type { Probe } from '../api/pod.ts';

/** A probe with the given fields that runs every second. */
export function testProbe(fields: V1Probe): Probe {
  return defaultProbe({ periodSeconds: 1, ...fields });
}
