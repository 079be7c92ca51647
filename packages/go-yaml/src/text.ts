// Decodes a YAML file: UTF-8, or UTF-16 with a byte order mark.

/** The text without its byte order mark, with carriage returns as newlines. */
export function yamlText(input: Uint8Array | string): string {
  const text = typeof input === 'string' ? input.replace(/^\ufeff/, '') : decoded(input);
  return text.replaceAll(/\r(?!\n)/g, '\n');
}

function decoded(bytes: Uint8Array): string {
  const encoding = isUtf16('le', bytes) ? 'utf-16le' : isUtf16('be', bytes) ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

function isUtf16(order: 'le' | 'be', [first, second]: Uint8Array): boolean {
  return order === 'le' ? first === 0xff && second === 0xfe : first === 0xfe && second === 0xff;
}
