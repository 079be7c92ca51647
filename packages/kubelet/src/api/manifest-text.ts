// The text of a manifest file to JSON values, as Kubernetes reads it, several documents in one file.

import { readYaml, type YamlDocument, YamlError } from '@berth/go-yaml/document.ts';
import { tryJson } from '@berth/go-yaml/json.ts';
import { yamlText } from '@berth/go-yaml/text.ts';

/** A manifest that is no YAML or JSON; the message says where. */
export class ManifestSyntaxError extends Error {
  override name = 'ManifestSyntaxError';
}

/** Every document of the text that is not empty, or what is wrong with it. */
export function readManifestDocuments(content: Uint8Array | string): (YamlDocument | ManifestSyntaxError)[] {
  const documents = readYaml(content);
  return documents
    .filter((document) => document instanceof YamlError || document.value !== null)
    .map((document) =>
      document instanceof YamlError
        ? new ManifestSyntaxError(`not valid YAML: ${document.message}`)
        : document,
    );
}

/** The values of the documents that are not empty. Throws ManifestSyntaxError. */
export function parseManifestText(content: Uint8Array | string): unknown[] {
  const json = tryJson(yamlText(content));
  if (json !== undefined) return [json];
  return readManifestDocuments(content).map((document) => {
    if (document instanceof ManifestSyntaxError) throw document;
    return document.value;
  });
}
