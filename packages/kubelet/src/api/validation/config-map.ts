// The rules for ConfigMaps.
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import { type FieldError, invalid } from '../field-error.ts';
import { objectDataErrors, tooLarge } from './object-data.ts';
import { validateObjectMeta } from './object-meta.ts';

/** A ConfigMap with its values decoded. */
export interface ConfigMapContent {
  metadata: ObjectMeta;
  data: ReadonlyMap<string, Buffer>;
  binaryData: ReadonlyMap<string, Buffer>;
}

/** What is wrong with the ConfigMap. */
export function validateConfigMap({ metadata, data, binaryData }: ConfigMapContent): FieldError[] {
  const errors = [...validateObjectMeta(metadata), ...objectDataErrors(data, 'data')];
  for (const key of data.keys()) {
    if (binaryData.has(key)) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  // The API server's path of the object as a whole.
  errors.push(...objectDataErrors(binaryData, 'binaryData'), ...tooLarge([data, binaryData], '[]'));
  return errors;
}
