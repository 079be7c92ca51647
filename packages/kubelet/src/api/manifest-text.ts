// Parses the text of a manifest file, YAML or JSON with any number of documents, to JSON values as Kubernetes does.

import { readYaml, type YamlDocument, YamlError } from '@berth/go-yaml/document.ts';
import { tryJson } from '@berth/go-yaml/json.ts';
import { yamlText } from '@berth/go-yaml/text.ts';

/** The manifest is not valid YAML or JSON; the message contains the position. */
export class ManifestSyntaxError extends Error {
  override name = 'ManifestSyntaxError';
}

/** Each non-empty document of the text, or its error. */
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
