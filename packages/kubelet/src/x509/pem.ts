// PEM blocks (RFC 7468), as Go's encoding/pem writes and finds them.

/** One block. */
export interface PemBlock {
  /** E.g. `CERTIFICATE`, `EC PRIVATE KEY`. */
  label: string;
  der: Buffer;
  /** The block's own text, with a final line break. */
  text: string;
}

/** A block of lines of 64 characters. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines.trimEnd()}\n-----END ${label}-----\n`;
}

/** The blocks of a text, in order; what is between them is ignored. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)^-----END \1-----/gm)].map(
    ([block, label = '', content = '']) => ({
      label,
      der: Buffer.from(content.replace(/^[\w-]+:.*$/gm, ''), 'base64'),
      text: `${block}\n`,
    }),
  );
}
