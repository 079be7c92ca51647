import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { test } from 'node:test';
import { type HttpRequest, httpGetRequest } from '../prober/http-request.ts';
import { httpHook } from './http-hook.ts';

const never = new AbortController().signal;

/** Serves on 127.0.0.1 until it is disposed of. */
async function serve(server: Server): Promise<AsyncDisposable & { port: number }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      if ('closeAllConnections' in server)
        (server as ReturnType<typeof createHttpServer>).closeAllConnections();
      server.close();
    },
  };
}

const serveHttp = (listener: RequestListener) => serve(createHttpServer(listener));

function hookRequest(port: number, action: object = {}): HttpRequest {
  return httpGetRequest({ port, path: '/stop?a=b', ...action }, {}, '127.0.0.1', 'lifecycle');
}

test('the request has the headers of the hook, and any answer will do', async () => {
  let seen: IncomingMessage | undefined;
  await using server = await serveHttp((request, response) => {
    seen = request;
    response.writeHead(500).end('no');
  });
  const httpHeaders = [{ name: 'x-why', value: 'stop' }];
  await httpHook(hookRequest(server.port, { httpHeaders }), never);
  assert.equal(seen?.url, '/stop?a=b');
  assert.equal(seen?.headers['x-why'], 'stop');
  assert.match(seen?.headers['user-agent'] ?? '', /^kube-lifecycle\/1\.\d+$/);
});

test('a redirect on the same host is followed, ten times at most', async () => {
  const paths: string[] = [];
  await using server = await serveHttp((request, response) => {
    paths.push(request.url ?? '');
    if (request.url === '/once') response.end();
    else response.writeHead(302, { location: request.url === '/stop?a=b' ? '/once' : request.url }).end();
  });
  await httpHook(hookRequest(server.port), never);
  assert.deepEqual(paths, ['/stop?a=b', '/once']);
  await assert.rejects(httpHook(hookRequest(server.port, { path: '/again' }), never), {
    message: `Get "http://127.0.0.1:${server.port}/again": stopped after 10 redirects`,
  });
});

test('a redirect to another host is not followed', async () => {
  await using server = await serveHttp((_, response) =>
    response.writeHead(302, { location: 'http://192.0.2.1:1/' }).end(),
  );
  await httpHook(hookRequest(server.port), never);
});

test('a server that answers HTTPS in HTTP is asked again in HTTP, without credentials', async () => {
  let seen: IncomingMessage | undefined;
  await using server = await serveHttp((request, response) => {
    seen = request;
    response.end();
  });
  const httpHeaders = [
    { name: 'Authorization', value: 'secret' },
    { name: 'A', value: 'b' },
  ];
  const { sentBy } = await httpHook(hookRequest(server.port, { scheme: 'HTTPS', httpHeaders }), never);
  assert.equal(sentBy, 'http');
  assert.equal(seen?.headers.authorization, undefined);
  assert.equal(seen?.headers['a'], 'b');
});

test('an answer without end is not read to its end', async () => {
  await using server = await serveHttp((_, response) => {
    response.writeHead(200);
    const write = () => {
      while (response.write('x'.repeat(1024)));
    };
    response.on('drain', write);
    write();
  });
  await httpHook(hookRequest(server.port), never);
});

test('a refused connection is told in the words of the real kubelet', async () => {
  const server = await serve(createTcpServer());
  await server[Symbol.asyncDispose]();
  await assert.rejects(httpHook(hookRequest(server.port), never), {
    message: `Get "http://127.0.0.1:${server.port}/stop?a=b": dial tcp 127.0.0.1:${server.port}: connect: connection refused`,
  });
});

test('a server that never answers is waited for until the signal', async () => {
  const stop = new AbortController();
  await using server = await serve(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      stop.abort();
    }),
  );
  await assert.rejects(httpHook(hookRequest(server.port), stop.signal), { message: /aborted/ });
});
