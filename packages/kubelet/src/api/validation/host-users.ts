// The rules for `hostUsers: false`: a pod with users of its own shares none of the host's other namespaces.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { eachContainer } from '../each-container.ts';
import { type FieldError, forbidden } from '../field-error.ts';

/** What is wrong with a pod that has users of its own. */
export function validateHostUsers(spec: v1.PodSpec): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = 'when `hostUsers` is false';
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
  const devices = eachContainer(spec).filter(({ container }) => (container.volumeDevices ?? []).length > 0);
  return [
    ...shared.map((field) => forbidden(`spec.${field}`, detail)),
    // The files of devices have no ID-mapped mounts.
    ...devices.map(({ path }) => forbidden(`${path}.volumeDevices`, detail)),
  ];
}
