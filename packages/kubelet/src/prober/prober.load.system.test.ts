// A thousand probes cost little processor time, no thread and no process.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import type { Probe } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { testProbe } from '../testing/probe.ts';
import { runtimeStatus } from '../testing/runtime-status.ts';
import { Prober } from './manager.ts';

const probes = 1000;
const server = `
const { createServer } = require('node:http');
createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1', 4096, function () {
  console.log(this.address().port);
});`;

let child: ChildProcess;
let port: number;
before(async () => {
  // A process of its own, whose time does not count.
  child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { stdout } = child;
  assert.ok(stdout);
  port = await new Promise<number>((resolve) => {
    stdout.once('data', (data: Buffer) => resolve(Number(data)));
  });
});
after(() => child.kill());

const kinds: [title: string, probe: () => Probe, maxMillis: number][] = [
  ['httpGet', () => testProbe({ httpGet: { port }, periodSeconds: 4 }), 5],
  ['tcpSocket', () => testProbe({ tcpSocket: { port }, periodSeconds: 4 }), 4],
];
for (const [title, probe, maxMillis] of kinds) {
  test(`${probes} ${title} probes take at most ${maxMillis} ms of processor time each`, async () => {
    const prober = new Prober({
      runtime: { execSync: () => assert.fail('no probe asks the runtime') },
      options: { rootDir: '/nowhere', runtimeRequestTimeoutMs: 1000 },
      onChange: () => {},
      events: { record: () => {} },
    });
    const threads = () => readdirSync('/proc/self/task').length;
    const [container] = runtimeStatus('up', 'a:run').containers;
    assert.ok(container);
    for (let index = 0; index < probes; index++) {
      const pod = testPod({ containers: [{ name: 'a', livenessProbe: probe() }] }, { uid: `u${index}` });
      const status = runtimeStatus('up', '');
      prober.observe(pod, { ...status, containers: [{ ...container, id: `a${index}` }] }, '127.0.0.1');
    }
    const runs = () => prober.metrics().map(({ total }) => total.get('successful') ?? 0);
    // Code that is new is slow: the first round does not count.
    await until('each ran', () => runs().every((count) => count > 0));
    const [cpu, ran, before] = [process.cpuUsage(), runs(), threads()];
    await until('each ran again', () => runs().every((count, index) => count > (ran[index] ?? 0)));
    const { user, system } = process.cpuUsage(cpu);
    const total = runs().reduce((sum, count, index) => sum + count - (ran[index] ?? 0), 0);
    const millis = (user + system) / 1000 / total;
    assert.ok(millis < maxMillis, `${millis.toFixed(2)} ms for each of ${total} runs`);
    assert.ok(threads() <= before, `${threads()} threads, ${before} before`);
    assert.ok(prober.metrics().every(({ total: counts }) => !counts.has('failed')));
    prober.stop();
  });
}
