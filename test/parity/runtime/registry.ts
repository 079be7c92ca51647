// A registry that answers as a case wants it to: by the book, unless the case says how else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { type Digest, digestOf } from '@berth/oci/image-spec/digest.ts';

export interface Blob {
  digest: Digest;
  size: number;
}

/** Answers a request itself, or leaves it to `usual`, which answers by the book. */
export type Answer = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  usual: () => void,
) => void | Promise<void>;

export interface CraftedRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  put(content: string | Uint8Array): Blob;
  /** Serves a manifest as `repository:tag` and by its digest. */
  tag(repository: string, tag: string, manifest: string | Uint8Array, mediaType: string): Digest;
  /** What `tag` was given. */
  manifest(repository: string, tag: string): { content: Buffer; mediaType: string };
  /** Requests with the repository in their path or query go to `answer`. */
  intercept(repository: string, answer: Answer): void;
}

/** Starts an empty one on a loopback port, with TLS when it gets a certificate. */
export async function startCraftedRegistry(tls?: https.ServerOptions): Promise<CraftedRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { content: Buffer; mediaType: string; digest: Digest }>();
  const answers = new Map<string, Answer>();

  const usual = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://registry');
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    const manifest = kind === 'manifests' ? manifests.get(`${repository} ${reference}`) : undefined;
    const blob = kind === 'blobs' ? blobs.get(reference) : undefined;
    const content = manifest?.content ?? blob;
    if (pathname === '/v2/') return void response.end('{}');
    if (content === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      return void response.end('{"errors":[{"code":"NOT_FOUND","message":"not here"}]}');
    }
    response.writeHead(200, {
      'content-type': manifest?.mediaType ?? 'application/octet-stream',
      'content-length': content.length,
      ...(manifest && { 'docker-content-digest': manifest.digest }),
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  };
  const onRequest: http.RequestListener = (request, response) => {
    const url = request.url ?? '';
    const [repository] = [...answers.keys()]
      .filter((name) => url.includes(name))
      .sort((a, b) => b.length - a.length);
    const answer = repository === undefined ? undefined : answers.get(repository);
    if (answer === undefined) return usual(request, response);
    void answer(request, response, () => usual(request, response));
  };
  const server = tls === undefined ? http.createServer(onRequest) : https.createServer(tls, onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');

  const put = (content: string | Uint8Array): Blob => {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  };
  return {
    host: `127.0.0.1:${address.port}`,
    put,
    tag(repository, tag, manifest, mediaType) {
      const content = Buffer.from(manifest);
      const { digest } = put(content);
      for (const reference of [tag, digest]) {
        manifests.set(`${repository} ${reference}`, { content, mediaType, digest });
      }
      return digest;
    },
    manifest(repository, tag) {
      const found = manifests.get(`${repository} ${tag}`);
      if (found === undefined) throw new Error(`there is no ${repository}:${tag}`);
      return found;
    },
    intercept: (repository, answer) => void answers.set(repository, answer),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
