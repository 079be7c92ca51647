// The text of a manifest file to JSON values: YAML as Kubernetes reads it (1.1 words for true and false, octal
// numbers, merge keys), JSON, several documents in one file.

import { parseAllDocuments, type Tags } from 'yaml';
import { messageOf } from '../error-message.ts';

/** Numbers with colons and dates are texts in Kubernetes' YAML; the rest of these would not be JSON. */
const notJson = ['intTime', 'floatTime', 'timestamp', 'binary', 'omap', 'pairs', 'set'];
const notJsonTags = /(:|^)(binary|omap|pairs|set|timestamp)$/;

/** A manifest that is no YAML or JSON; the message says where. */
export class ManifestSyntaxError extends Error {
  override name = 'ManifestSyntaxError';
}

/** Every document of the text that is not empty. Throws ManifestSyntaxError. */
export function parseManifestText(text: string): unknown[] {
  if (/^\s*\{/.test(text)) {
    const value = tryJson(text);
    if (value !== undefined) return [value];
  }
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    // Odd keys become texts that no field has; they need no warning of their own.
    logLevel: 'error',
    customTags: (tags: Tags) => tags.filter((tag) => !isNotJson(tag)),
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem) throw new ManifestSyntaxError(`not valid YAML: ${problem.message.trim()}`);
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      return value === null || value === undefined ? [] : [value];
    } catch (error) {
      throw new ManifestSyntaxError(`not valid YAML: ${messageOf(error)}`);
    }
  });
}

function isNotJson(tag: Tags[number]): boolean {
  if (typeof tag === 'string') return notJson.includes(tag);
  if (notJsonTags.test(tag.tag)) return true;
  return 'format' in tag && tag.format === 'TIME';
}

/** JSON is YAML too, but JSON.parse is many times faster; what it refuses gets YAML's error with the line. */
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
