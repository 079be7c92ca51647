// Rejects pods of an API server that ask for what this kubelet does not do: a container must not run without it. Manifests
// are refused before, by config/decode.ts.
import { formatFieldError } from '../api/field-error.ts';
import { isFromApi } from '../api/pod-source-of.ts';
import { unsupportedFields } from '../api/supported-fields.ts';
import type { Check } from './check.ts';

/** What a container cannot run without. A volume that cannot be made keeps its pod waiting, which its event tells. */
const needed = /\.volumeDevices/;

/** Rejects a pod with a field that it needs and that has no effect here. */
export const checkSupportedFields: Check = (pod) => {
  if (!isFromApi(pod)) return 'admitted';
  const error = unsupportedFields(pod).find(({ path, isIgnored }) => !isIgnored && needed.test(path));
  if (!error) return 'admitted';
  const message = formatFieldError({ ...error, problem: 'not supported by this kubelet yet' });
  return { reason: 'UnexpectedAdmissionError', message, detail: message };
};
