import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { listen } from '@berth/http/listen.ts';
import { dialUpstream, passAnswer } from './upgrade-proxy.ts';

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

for (const contentType of [undefined, 'text/x']) {
  test(`an answer of type ${contentType} in place of an upgrade is passed on as it is`, async () => {
    const upstream = createServer((_, response) =>
      response.writeHead(403, contentType === undefined ? {} : { 'content-type': contentType }).end('no'),
    );
    const server = createServer(async (request, response) => {
      const answer = await dialUpstream(new URL(addressOf(upstream)), request);
      if ('status' in answer) passAnswer(response, answer);
    });
    try {
      for (const each of [upstream, server]) await listen(each, { port: 0, host: '127.0.0.1' }, () => {});
      const { status, headers, text } = await fetchText(addressOf(server));
      assert.deepEqual([status, headers.get('content-type'), text], [403, contentType ?? null, 'no']);
    } finally {
      for (const each of [upstream, server]) each.close().closeAllConnections();
    }
  });
}

async function fetchText(url: string) {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, text: await response.text() };
}
