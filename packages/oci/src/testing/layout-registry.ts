import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { digestHex, parseDigest } from '../image-spec/digest.ts';

export interface LayoutRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
}

/** A registry in this process that serves one image of an OCI layout under every repository and tag. */
export async function serveLayout(dir: string, manifest: Descriptor): Promise<LayoutRegistry> {
  const server = http.createServer(async (request, response) => {
    const [, kind, name = ''] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
    const digest = name.includes(':') ? parseDigest(name) : manifest.digest;
    const content = await readFile(join(dir, 'blobs/sha256', digestHex(digest))).catch(() => undefined);
    if (kind === undefined || content === undefined) return response.writeHead(404).end();
    response.writeHead(200, {
      'Content-Type': kind === 'manifests' ? manifest.mediaType : 'application/octet-stream',
      'Content-Length': content.length,
      'Docker-Content-Digest': digest,
    });
    return response.end(request.method === 'HEAD' ? undefined : content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the registry has no TCP address');
  return {
    address: `127.0.0.1:${bound.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
