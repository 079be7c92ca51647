// Requests that no decent client sends, to every route of the kubelet: each ends at most its own connection.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { listen } from '@berth/http/listen.ts';
import { fuzzSeeds } from '@berth/test-support/fuzz.ts';
import { hostileRequests, type Leaving, send } from '@berth/test-support/hostile-http.ts';
import { redirectLog } from '../../klog/klog.ts';
import { testOptions } from '../../testing/options.ts';
import { testHost } from '../../testing/server.ts';
import { secureRoutes } from '../kubelet-routes.ts';
import { serveRoutes } from './http-server.ts';
import { indexRoutes } from './route-match.ts';

const leavings: readonly Leaving[] = ['waits', 'ends', 'closes', 'resets'];
const atOnce = 40;
const server = createServer();
const restoreLog = redirectLog(() => {});
let port = 0;

before(async () => {
  serveRoutes(server, {
    index: indexRoutes(secureRoutes(testHost(), testOptions().secureServer)),
    serverType: 'readwrite',
    gate: undefined,
    observe: () => () => {},
  });
  await listen(server, { port: 0, host: '127.0.0.1' });
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
after(() => {
  server.close().closeAllConnections();
  restoreLog();
});

async function isAlive(): Promise<void> {
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/healthz/ping`)).text(), 'ok');
}

test('nothing that is sent throws', async (t) => {
  const rounds = await fuzzSeeds(async (random) => {
    await Promise.all(
      Array.from({ length: atOnce }, () => {
        const leaving = leavings[random(leavings.length)] ?? 'waits';
        return send({ host: '127.0.0.1', port }, hostileRequests(random), leaving);
      }),
    );
    await isAlive();
  }, 5000);
  t.diagnostic(`${rounds} rounds`);
});

test('an upgrade behind a request that is not answered yet, in one write', async () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const waits = 'GET /debug/pprof/profile?seconds=1 HTTP/1.1\r\nHost: x\r\n\r\n';
  for (const path of ['/healthz', '/exec/a/b/c?output=1', '/nothing', '//']) {
    const bytes = Buffer.from(`${waits}GET ${path} HTTP/1.1\r\nHost: x\r\n${upgrade}`);
    await send({ host: '127.0.0.1', port }, bytes, 'waits');
    await isAlive();
  }
});
