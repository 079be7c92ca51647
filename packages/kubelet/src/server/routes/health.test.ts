import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { listen } from '@berth/http/listen.ts';
import { serveRoutes } from '../http/http-server.ts';
import { indexRoutes } from '../http/route-match.ts';
import { healthRoutes, kubeletChecks } from './health.ts';

for (const [path, problem, counted] of [
  ['/healthz', undefined, ['ping: true', 'log: true', 'syncloop: true', 'device-plugin: true']],
  ['/healthz', 'no runtime', ['ping: true', 'log: true', 'syncloop: false', 'device-plugin: true']],
  ['/healthz?exclude=log', undefined, ['ping: true', 'syncloop: true', 'device-plugin: true']],
  ['/healthz/syncloop', 'no runtime', []],
] as const) {
  test(`${path} counts its checks${problem === undefined ? '' : `: ${problem}`}`, async () => {
    const found: string[] = [];
    const routes = healthRoutes(
      kubeletChecks(
        () => problem,
        () => undefined,
      ),
      (name, isHealthy) => found.push(`${name}: ${isHealthy}`),
    );
    const server = createServer();
    const observe = () => () => {};
    serveRoutes(server, { index: indexRoutes(routes), serverType: 'readonly', gate: undefined, observe });
    await listen(server, { port: 0, host: '127.0.0.1' }, () => {});
    try {
      const { port } = server.address() as AddressInfo;
      const { ok } = await fetch(`http://127.0.0.1:${port}${path}`);
      assert.equal(ok, problem === undefined);
      assert.deepEqual(found, counted);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
}
