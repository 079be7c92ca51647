// The flags that exec, attach and port-forward share.
import { readFile } from 'node:fs/promises';
import type { DialOptions } from '@berth/streaming/client/dial.ts';
import type { FlagValues } from '../cli/flags.ts';
import { within } from '../errors/within.ts';

export const transportFlags = {
  transport: {
    type: 'string',
    aliases: ['r'],
    default: 'spdy',
    usage: 'Streaming protocol, one of: spdy|websocket',
  },
  'tls-sni': {
    type: 'string',
    aliases: ['tls-server-name'],
    default: 'localhost',
    usage: "Host name to verify in the streaming server's certificate",
  },
  'tls-ca': { type: 'string', usage: 'CA certificate file to verify the streaming server' },
  'tls-cert': { type: 'string', usage: 'Client certificate file for the streaming server' },
  'tls-key': { type: 'string', usage: 'Key file of the client certificate' },
} as const;

/** The TLS configuration of the flags: no verification, or the files for it. */
export type TlsFiles = { serverName: string; ca: string; cert: string; key: string } | 'insecure';

/** Pure. Throws when a certificate comes without its key, or a key without its certificate. */
export function tlsFiles(flags: FlagValues<typeof transportFlags>): TlsFiles {
  const { 'tls-sni': serverName, 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = flags;
  if (ca === '' && cert === '' && key === '') return 'insecure';
  if (cert === '' || key === '') {
    throw new Error(
      'get TLS config from flags: TLS streaming needs both of --tls-cert and --tls-key, only --tls-ca is optional',
    );
  }
  return { serverName, ca, cert, key };
}

export type Transport = 'spdy' | 'websocket';

export interface Dialing {
  transport: Transport;
  tls: NonNullable<DialOptions['tls']>;
}

/**
 * The dial options of these flags. Throws for unreadable files and unknown transports. `doing` is the context of these
 * errors by transport, as in the real crictl.
 */
export async function dialing(
  transport: string,
  files: TlsFiles,
  doing: Partial<Record<Transport, string>> = {},
): Promise<Dialing> {
  if (transport !== 'spdy' && transport !== 'websocket') throw new Error(`unknown transport: ${transport}`);
  if (files === 'insecure') return { transport, tls: { insecure: true } };
  const read = async () => {
    const [ca, cert, key] = await Promise.all([pem(files.ca), pem(files.cert), pem(files.key)]);
    return { ...(files.ca !== '' && { ca }), cert, key, serverName: files.serverName };
  };
  const words = doing[transport];
  return { transport, tls: await (words === undefined ? read() : within(words, read)) };
}

async function pem(path: string): Promise<string> {
  if (path === '') return '';
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isMissing ? new Error(`open ${path}: no such file or directory`, { cause: error }) : error;
  }
}
