// The rules for `securityContext.sysctls`. Whether the node allows them is for admission.
import { sysctlName } from '@berth/linux/sysctl-name.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { duplicate, type FieldError, invalid, required } from '../field-error.ts';
import { namespaceOfSysctl } from '../sysctls.ts';

const maxLength = 253;
const segment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const pattern = `^(${segment}[\\./])*${segment}$`;
const grammar = new RegExp(pattern);

/** What is wrong with the names of the pod's kernel parameters. */
export function validateSysctls(sysctls: readonly v1.Sysctl[], spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  sysctls.forEach(({ name }, index) => {
    const path = `spec.securityContext.sysctls[${index}].name`;
    if (!name) errors.push(required(path));
    else if (name.length > maxLength || !grammar.test(name))
      errors.push(
        invalid(path, name, `must have at most ${maxLength} characters and match regex ${pattern}`),
      );
    else if (names.has(name)) errors.push(duplicate(path, name));
    names.add(name);
    const namespace = namespaceOfSysctl(sysctlName(name));
    if (namespace === 'Net' && spec.hostNetwork)
      errors.push(invalid(path, name, "may not be specified when 'hostNetwork' is true"));
    if (namespace === 'IPC' && spec.hostIPC)
      errors.push(invalid(path, name, "may not be specified when 'hostIPC' is true"));
  });
  return errors;
}
