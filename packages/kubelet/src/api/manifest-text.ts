// Parses the text of a manifest file, YAML or JSON with any number of documents, to JSON values as Kubernetes does.

import { readYaml, type YamlDocument, YamlError } from '@berth/go-yaml/document.ts';
import { yamlText } from '@berth/go-yaml/text.ts';

/** The manifest is not valid YAML or JSON; the message contains the position. */
export class ManifestSyntaxError extends Error {
  override name = 'ManifestSyntaxError';
}

/** Each non-empty document of the text, or its error. No message quotes a text that may hold a Secret. */
export function readManifestDocuments(content: Uint8Array | string): (YamlDocument | ManifestSyntaxError)[] {
  const text = yamlText(content);
  const said = /\bkind["']?\s*:\s*["']?secret/i.test(text) ? onlyPlace : (message: string): string => message;
  return readYaml(text)
    .filter((document) => document instanceof YamlError || document.value !== null)
    .map((document) =>
      document instanceof YamlError
        ? new ManifestSyntaxError(`not valid YAML: ${said(document.message)}`)
        : { ...document, warnings: document.warnings.map(said) },
    );
}

/** The place of a problem, and what it is unless that quotes more than a key. */
function onlyPlace(message: string): string {
  if (/: key "[^"]*" is already set$/.test(message)) return message;
  const [place = 'somewhere'] = /^line \d+, column \d+/.exec(message) ?? [];
  return `${place}: not as YAML has it; the text holds a Secret, so no part of it is shown`;
}
