// The rules for downwardAPI and projected volumes.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, forbidden, invalid, required } from '../field-error.ts';
import type { DownwardFile, ProjectedVolumeSource, VolumeProjection } from '../pod.ts';
import { validateFieldRef } from './env-var.ts';
import { validateResourceFieldRef } from './resources.ts';
import { validateFile, validateFileDefaults, validateKeyPaths } from './volume-files.ts';

/** Fields whose value is known before the pod has an address. */
const fieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** What is wrong with the files that tell a pod about itself. */
export function validateDownwardFiles(
  items: readonly DownwardFile[],
  path: string,
  spec: v1.PodSpec,
): FieldError[] {
  return items.flatMap((item, index) => {
    const at = `${path}[${index}]`;
    const { fieldRef, resourceFieldRef } = item;
    const errors = validateFile(item, at);
    if (fieldRef) {
      errors.push(...validateFieldRef(fieldRef, `${at}.fieldRef`, fieldPaths));
      if (resourceFieldRef) {
        const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
        errors.push(invalid(at, 'resource', detail));
      }
    } else if (resourceFieldRef) {
      const ref = `${at}.resourceFieldRef`;
      if (!resourceFieldRef.containerName) errors.push(required(`${ref}.containerName`));
      errors.push(...validateResourceFieldRef(resourceFieldRef, ref, spec));
    } else {
      errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
    }
    return errors;
  });
}

/** What is wrong with a projected volume. */
export function validateProjected(
  source: ProjectedVolumeSource,
  path: string,
  spec: v1.PodSpec,
): FieldError[] {
  const errors = validateFileDefaults(source, path);
  const seen = new Set<string>();
  (source.sources ?? []).forEach((each, index) => {
    const at = `${path}.sources[${index}]`;
    errors.push(...validateSource(each, at, spec));
    for (const { file, shown } of filesOf(each)) {
      if (seen.has(file)) errors.push(invalid(path, shown, 'conflicting duplicate paths'));
      seen.add(file);
    }
  });
  return errors;
}

function validateSource(source: VolumeProjection, at: string, spec: v1.PodSpec): FieldError[] {
  const { configMap, secret, downwardAPI } = source;
  const errors: FieldError[] = [];
  for (const [kind, object] of Object.entries({ secret, configMap })) {
    if (!object) continue;
    if (!object.name) errors.push(required(`${at}.${kind}.name`));
    errors.push(...validateKeyPaths(object.items ?? [], `${at}.${kind}.items`));
  }
  if (downwardAPI) {
    errors.push(...validateDownwardFiles(downwardAPI.items ?? [], `${at}.downwardAPI.items`, spec));
  }
  if (Object.keys(source).length > 1) {
    errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

/** The paths that a source names, and the value that an error about one shows. */
function filesOf({ configMap, secret, downwardAPI }: VolumeProjection): { file: string; shown: string }[] {
  const ofObjects = [secret, configMap].flatMap(({ name = '', items = [] } = {}) =>
    items.map(({ path }) => ({ file: path, shown: name })),
  );
  const ofPod = (downwardAPI?.items ?? []).map(({ path }) => ({ file: path, shown: path }));
  return [...ofObjects, ...ofPod].filter(({ file }) => file !== '');
}
