// The rules for what a container does when it starts and stops.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, forbidden, invalid, notSupported } from '../field-error.ts';
import type { Lifecycle } from '../pod.ts';
import { stopSignalNames } from '../stop-signal.ts';
import { validateHandler } from './handler.ts';

/** What is wrong with the lifecycle of a regular container or a sidecar of the pod. */
export function validateLifecycle(lifecycle: Lifecycle, path: string, spec: v1.PodSpec): FieldError[] {
  const { postStart, preStop, stopSignal } = lifecycle;
  const grace = spec.terminationGracePeriodSeconds;
  const errors: FieldError[] = [];
  if (postStart) errors.push(...validateHook(postStart, `${path}.postStart`, grace));
  if (preStop) errors.push(...validateHook(preStop, `${path}.preStop`, grace));
  if (stopSignal === undefined) return errors;
  const at = `${path}.stopSignal`;
  if (spec.os === undefined) {
    errors.push(forbidden(at, 'may not be set for containers with empty `spec.os.name`'));
  } else if (!stopSignalNames.includes(stopSignal)) {
    errors.push(notSupported(at, stopSignal, stopSignalNames));
  }
  return errors;
}

function validateHook(hook: v1.LifecycleHandler, path: string, grace: number | undefined): FieldError[] {
  const { sleep, ...others } = hook;
  if (sleep === undefined) return validateHandler(others, path);
  if (Object.keys(others).length > 0) {
    return [
      ...validateHandler(others, path),
      forbidden(`${path}.sleep`, 'may not specify more than 1 handler type'),
    ];
  }
  if (grace === undefined || (sleep.seconds >= 0 && sleep.seconds <= grace)) return [];
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
  return [invalid(`${path}.sleep`, sleep.seconds, detail)];
}
