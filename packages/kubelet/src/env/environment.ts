// The environment of a container, in the order of its declaration.
import { findContainer } from '../api/each-container.ts';
import type { Container, Pod } from '../api/pod.ts';
import { fieldValue, type PodPlace, resourceValue } from './downward-api.ts';
import { expand } from './expand.ts';

/**
 * Name and value of each variable. A value may refer to earlier variables; the last declaration of a name counts.
 * Throws when a source cannot be read; then the container cannot be created.
 */
export function containerEnvironment(pod: Pod, container: Container, place: PodPlace): Map<string, string> {
  const environment = new Map<string, string>();
  for (const { name, value, valueFrom } of container.env ?? []) {
    environment.set(name, resolved());

    function resolved(): string {
      if (value !== undefined && value !== '') return expand(value, (each) => environment.get(each));
      if (valueFrom?.fieldRef) return fieldValue(pod, valueFrom.fieldRef.fieldPath, place);
      if (valueFrom?.resourceFieldRef) {
        const { containerName, resource, divisor } = valueFrom.resourceFieldRef;
        return resourceValue(containerNamed(pod, containerName) ?? container, resource, divisor, place.node);
      }
      if (valueFrom) throw new Error(`env ${name}: valueFrom needs an API server, and this kubelet has none`);
      return '';
    }
  }
  return environment;
}

/** Command and arguments with their `$(NAME)` references replaced. */
export function expandCommand(words: string[] | undefined, environment: Map<string, string>): string[] {
  return (words ?? []).map((word) => expand(word, (name) => environment.get(name)));
}

function containerNamed(pod: Pod, name: string | undefined): Container | undefined {
  if (!name) return undefined;
  const found = findContainer(pod.spec, name);
  if (!found) throw new Error(`container ${name} not found`);
  return found;
}
