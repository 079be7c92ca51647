// Which ConfigMaps and Secrets a pod refers to.
import { eachContainer } from '../api/each-container.ts';
import type { Pod } from '../api/pod.ts';
import { type ObjectRef, objectKey } from './objects.ts';

/** Every object that the pod's environment, volumes and pulls need; each once. */
export function objectRefs({ metadata: { namespace }, spec }: Pod): ObjectRef[] {
  const refs = new Map<string, ObjectRef>();
  const add = (kind: ObjectRef['kind'], name: string | undefined): void => {
    if (!name) return;
    const ref = { kind, namespace, name };
    refs.set(objectKey(ref), ref);
  };
  for (const { container } of eachContainer(spec)) {
    for (const { valueFrom } of container.env ?? []) {
      add('ConfigMap', valueFrom?.configMapKeyRef?.name);
      add('Secret', valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add('ConfigMap', configMapRef?.name);
      add('Secret', secretRef?.name);
    }
  }
  for (const { configMap, secret, projected, flexVolume, iscsi } of spec.volumes ?? []) {
    add('Secret', flexVolume?.secretRef?.name);
    add('Secret', iscsi?.secretRef?.name);
    add('ConfigMap', configMap?.name);
    add('Secret', secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add('ConfigMap', source.configMap?.name);
      add('Secret', source.secret?.name);
    }
  }
  for (const { name } of spec.imagePullSecrets ?? []) add('Secret', name);
  return [...refs.values()];
}

/** Whether the pod refers to one of the objects, which are in the form of objectKey. */
export function refersToAny(pod: Pod, keys: ReadonlySet<string>): boolean {
  return keys.size > 0 && objectRefs(pod).some((ref) => keys.has(objectKey(ref)));
}
