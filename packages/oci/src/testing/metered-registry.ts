import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MeteredRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  address: string;
  seen: {
    /** Bytes of layers sent so far. */
    layerBytes: number;
    /** The range that each request for a layer wanted. */
    ranges: (string | undefined)[];
    /** How much of each layer to let through, 0 for nothing; may be changed at any time. */
    bytesPerSecond: number;
  };
}

/** Stands before the registry at `registry`, counts what it sends of layers (of 100 kB and more), and slows them. */
export async function meterRegistry(registry: string): Promise<MeteredRegistry> {
  const seen: MeteredRegistry['seen'] = {
    layerBytes: 0,
    ranges: [],
    bytesPerSecond: Number.POSITIVE_INFINITY,
  };
  const server = http.createServer((request, response) => {
    const [host, port] = registry.split(':');
    http
      .get({ host, port, path: request.url, headers: request.headers }, async (from) => {
        response.writeHead(from.statusCode ?? 500, from.headers);
        const isLayer = Number(from.headers['content-length']) > 100_000;
        if (isLayer) seen.ranges.push(request.headers.range);
        for await (const chunk of from) {
          if (response.destroyed) break;
          if (isLayer) seen.layerBytes += chunk.length;
          response.write(chunk);
          for (let owed = isLayer ? chunk.length : 0; owed > 0 && Number.isFinite(seen.bytesPerSecond); ) {
            const pauseMs = Math.min(50, (owed / seen.bytesPerSecond) * 1000);
            await sleep(pauseMs);
            owed -= (seen.bytesPerSecond * pauseMs) / 1000;
          }
        }
        response.end();
      })
      .on('error', () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  return {
    address: `127.0.0.1:${address.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
