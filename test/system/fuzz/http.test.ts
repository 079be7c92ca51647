// Nonsense on every port and socket on which Berth speaks HTTP: no request, and no way to leave, ends a daemon or
// keeps it from answering the next client. BERTH_FUZZ_SECONDS=600 runs each that long.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';
import { fuzzSeeds } from '@berth/test-support/fuzz.ts';
import { hostileFrames, hostileRequests, type Leaving, send } from '@berth/test-support/hostile-http.ts';
import { freePort } from '@berth/test-support/registry.ts';
import { checkout, type Daemon, startDaemon } from '@berth/test-support/scratch.ts';

const leavings: readonly Leaving[] = ['waits', 'ends', 'closes', 'resets'];
const atOnce = 40;

let attacked: AttackedNode;
let kubelet: Daemon;
let readOnly: { host: string; port: number };
let healthz: { host: string; port: number };
let kubeletSocket: string;

before(async () => {
  attacked = await AttackedNode.start('fuzzhttp');
  const { dir } = attacked.node;
  readOnly = { host: '127.0.0.1', port: await freePort() };
  healthz = { host: '127.0.0.1', port: await freePort() };
  kubeletSocket = join(dir, 'kubelet/kubelet.sock');
  mkdirSync(join(dir, 'manifests'));
  kubelet = await startDaemon({
    name: 'kubelet',
    argv: [
      join(checkout, 'bin/kubelet'),
      // Not berthd's: its pods are none of this kubelet's, which would end them.
      `--container-runtime-endpoint=${dir}/none.sock`,
      `--pod-manifest-path=${dir}/manifests`,
      `--root-dir=${dir}/kubelet`,
      `--cgroup-root=${attacked.node.paths.cgroupParent}-kubelet`,
      '--fail-swap-on=false',
      `--read-only-port=${readOnly.port}`,
      `--healthz-port=${healthz.port}`,
      '--port=0',
    ],
    dir,
    ready: async () => (await statusOf(healthz, '/healthz')) === 200,
  });
});
after(async () => {
  await kubelet?.stop();
  await attacked?.[Symbol.asyncDispose]();
});

type Place = { host: string; port: number } | { socketPath: string };

function statusOf(place: Place, path: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  request({ ...place, path, agent: false, signal: AbortSignal.timeout(10_000) }, (response) => {
    response.resume();
    resolve(response.statusCode);
  })
    .on('error', reject)
    .end();
  return promise;
}

function connectOptions(place: Place): NetConnectOpts {
  return 'socketPath' in place ? { path: place.socketPath } : place;
}

/** Sends nonsense by many clients at once until the time is over; each time the server answers `path` after it. */
async function attack(
  place: Place,
  [path, status]: [path: string, status: number],
  bytes: (random: (bound: number) => number) => Buffer,
): Promise<number> {
  return await fuzzSeeds(async (random) => {
    const clients = Array.from({ length: atOnce }, () => {
      const leaving = leavings[random(leavings.length)] ?? 'waits';
      return send(connectOptions(place), bytes(random), leaving);
    });
    await Promise.all(clients);
    assert.equal(await statusOf(place, path), status);
  });
}

function isRunning({ child, output }: Daemon): void {
  assert.ok(child.exitCode === null && child.signalCode === null, output().slice(-2000));
}

for (const [name, place, expected] of [
  ["the kubelet's read-only port", () => readOnly, ['/pods', 200]],
  ["the kubelet's health port", () => healthz, ['/healthz', 200]],
  ["the kubelet's own socket", () => ({ socketPath: kubeletSocket }), ['/pods', 200]],
] as const) {
  test(`no request to ${name} ends the kubelet`, async (t) => {
    // What ended it once, first.
    await send(connectOptions(place()), Buffer.from('GET // HTTP/1.1\r\nHost: x\r\n\r\n'), 'waits');
    try {
      t.diagnostic(`${await attack(place(), [...expected], hostileRequests)} rounds`);
    } finally {
      // What it said last explains a failed attack.
      isRunning(kubelet);
    }
  });
}

test("no HTTP/1 request to berthd's socket ends berthd", async (t) => {
  const place = { socketPath: attacked.node.socket };
  await attacked.unharmed(async () => {
    t.diagnostic(`${await attack(place, ['/metrics', 200], hostileRequests)} rounds`);
  });
  isRunning(attacked.node.berthd);
});

test("no HTTP/2 frames on berthd's socket end berthd", async (t) => {
  const place = { socketPath: attacked.node.socket };
  await attacked.unharmed(async () => {
    t.diagnostic(`${await attack(place, ['/metrics', 200], hostileFrames)} rounds`);
  });
  isRunning(attacked.node.berthd);
});

test('no request to the streaming server ends berthd', async (t) => {
  const { node } = attacked;
  const [container] = (await node.client.runtime.listContainers({})).containers;
  const containerId = container?.id ?? '';
  const exec = async () => {
    const streams = { tty: false, stdin: true, stdout: true, stderr: false };
    const { url } = await node.client.runtime.exec({ containerId, cmd: ['/bin/cat'], ...streams });
    return new URL(url);
  };
  const { hostname: host, port } = await exec();
  const place = { host, port: Number(port) };
  await attacked.unharmed(async () => {
    const rounds = await fuzzSeeds(async (random) => {
      // Some get in, with a URL that is good, and go on with nonsense.
      const { pathname } = await exec();
      const upgrades = [
        'SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io',
        'websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io',
      ];
      const upgrade = upgrades[random(upgrades.length)] ?? '';
      const head = `GET ${pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
      const clients = Array.from({ length: atOnce }, (_, index) => {
        const bytes = hostileRequests(random);
        const leaving = leavings[random(leavings.length)] ?? 'waits';
        return send(place, index === 0 ? Buffer.concat([Buffer.from(head), bytes]) : bytes, leaving);
      });
      await Promise.all(clients);
      assert.equal(await statusOf(place, '/'), 404);
    });
    t.diagnostic(`${rounds} rounds`);
  });
  isRunning(node.berthd);
});
