import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

for (const kind of ['spdy', 'websocket'] as const) {
  test(`${kind} servers survive nonsense`, async (t) => {
    const { cases } = await fuzz(kind, { seed: 1, durationMs: 500 });
    t.diagnostic(`${cases} cases`);
  });
}
