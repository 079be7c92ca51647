// The rules for what a change of its resources does to a container.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { isSidecar } from '../each-container.ts';
import { duplicate, type FieldError, invalid, oneOf, required } from '../field-error.ts';

/** What is wrong with the container's resizePolicy. The API server names the list, not its entries. */
export function validateResizePolicy(
  { resizePolicy = [] }: v1.Container,
  path: string,
  spec: v1.PodSpec,
): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, { resourceName, restartPolicy }] of resizePolicy.entries()) {
    if (names.has(resourceName)) errors.push(duplicate(`${path}[${index}]`, resourceName));
    names.add(resourceName);
    if (!resourceName) errors.push(required(path));
    else oneOf(errors, path, resourceName, ['cpu', 'memory']);
    if (!restartPolicy) errors.push(required(path));
    else oneOf(errors, path, restartPolicy, ['NotRequired', 'RestartContainer']);
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    }
  }
  return errors;
}

/** What is wrong with that of an init container: one that runs once is never restarted for its resources. */
export function validateInitResizePolicy(container: v1.Container, path: string): FieldError[] {
  if (isSidecar(container)) return [];
  return (container.resizePolicy ?? []).flatMap(({ restartPolicy }, index) =>
    restartPolicy === 'RestartContainer'
      ? [
          invalid(
            `${path}[${index}].restartPolicy`,
            restartPolicy,
            "must not be set to 'RestartContainer' for non-sidecar initContainers",
          ),
        ]
      : [],
  );
}
