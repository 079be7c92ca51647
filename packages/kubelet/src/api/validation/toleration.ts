// The rules for tolerations.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, invalid, oneOf } from '../field-error.ts';
import { qualifiedName } from '../names.ts';

/** What is wrong with the pod's tolerations. */
export function validateTolerations(tolerations: readonly v1.Toleration[]): FieldError[] {
  const errors: FieldError[] = [];
  tolerations.forEach((toleration, index) => {
    const path = `spec.tolerations[${index}]`;
    if (toleration.key) check(errors, `${path}.key`, toleration.key, qualifiedName);
    else if (toleration.operator !== 'Exists') {
      errors.push(
        invalid(`${path}.operator`, toleration.operator ?? '', 'must be Exists when `key` is empty'),
      );
    }
    oneOf(errors, `${path}.operator`, toleration.operator, ['Equal', 'Exists', 'Lt', 'Gt']);
    oneOf(errors, `${path}.effect`, toleration.effect, ['NoExecute', 'NoSchedule', 'PreferNoSchedule']);
    if (toleration.operator === 'Exists' && toleration.value) {
      errors.push(
        invalid(`${path}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"),
      );
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      errors.push(
        invalid(
          `${path}.effect`,
          toleration.effect ?? '',
          "must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
  });
  return errors;
}
