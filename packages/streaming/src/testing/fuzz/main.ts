// The fuzz tests for longer: scripts/node packages/streaming/src/testing/fuzz/main.ts SECONDS [SEED]
import { fuzz } from './fuzz.ts';

const [seconds = '600', from = String(Date.now() % 1_000_000_000)] = process.argv.slice(2);
const seeds = { spdy: Number(from), websocket: Number(from) };
const until = performance.now() + Number(seconds) * 1000;
const cases = { spdy: 0, websocket: 0 };
console.log(`from seed ${from}`);
while (performance.now() < until) {
  for (const kind of ['spdy', 'websocket'] as const) {
    const done = await fuzz(kind, { seed: seeds[kind], durationMs: 5000 });
    seeds[kind] = done.nextSeed;
    cases[kind] += done.cases;
  }
  const mebibytes = Math.round(process.memoryUsage.rss() / 1024 / 1024);
  console.log(`${cases.spdy} SPDY and ${cases.websocket} WebSocket cases, ${mebibytes} MiB`);
}
