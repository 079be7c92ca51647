// A checkpoint through the kubelet's port: criu writes it, the answer names the archive, the container continues.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoCriu } from '@berth/test-support/criu.ts';
import { until } from '@berth/test-support/until.ts';
import { TestAuthority } from '../../testing/certificates.ts';
import { shellPod, startTestNode, untilRunning } from '../../testing/node.ts';
import { endAll, logOf } from '../../testing/remains.ts';
import { hostOf, startTestServer } from '../../testing/server.ts';

const noCriu = whyNoCriu();
const needsCriu = noCriu === undefined ? {} : { skip: noCriu };

test('a checkpoint is an archive for root alone, and the container continues', needsCriu, async () => {
  await using node = await startTestNode('berthd');
  const kubelet = node.kubelet();
  // crun of Debian 12 was built without criu.
  const pod = shellPod(
    'counting',
    'echo new > /added; i=0; while true; do i=$((i+1)); echo $i; sleep 0.1; done',
    {
      runtimeClassName: 'runc',
    },
  );
  kubelet.setPods([pod]);
  const before = await untilRunning(kubelet, pod);
  const counted = (): number => Number(logOf(node, pod).trim().split('\n').at(-1));
  await until('it counts', () => counted() > 2);
  const ca = new TestAuthority(node.dir, 'ca');
  using server = await startTestServer(node.dir, hostOf(kubelet, node.options), {
    clientCaFile: `${node.dir}/ca.crt`,
  });
  const { status, body } = await server.ask(
    'POST /checkpoint/default/counting/main?timeout=60',
    ca.sign('client'),
  );
  assert.equal(status, 200, body);
  const folder = join(node.options.rootDir, 'checkpoints');
  const [name = '', ...others] = readdirSync(folder);
  assert.deepEqual(others, []);
  assert.match(name, /^checkpoint-counting_default-main-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.tar$/);
  const archive = join(folder, name);
  assert.deepEqual(JSON.parse(body), { items: [archive] });
  assert.deepEqual([statSync(folder).mode & 0o777, statSync(archive).mode & 0o777], [0o700, 0o600]);
  const files = execFileSync('tar', ['--list', '--file', archive], { encoding: 'utf8' }).split('\n');
  for (const file of ['checkpoint/inventory.img', 'config.dump', 'spec.dump', 'rootfs-diff.tar']) {
    assert.ok(files.includes(file), `${file} is not among ${files.join(' ')}`);
  }
  const seen = counted();
  await until('it counts on', () => counted() > seen);
  const after = await untilRunning(kubelet, pod);
  assert.deepEqual(
    after.containerStatuses?.map(({ containerID, restartCount }) => [containerID, restartCount]),
    before.containerStatuses?.map(({ containerID }) => [containerID, 0]),
  );
  // Nothing counts the lines of before again, and none is missing.
  const lines = logOf(node, pod).trim().split('\n').map(Number);
  assert.deepEqual(
    lines,
    Array.from(lines, (_, index) => index + 1),
  );
  await endAll(node, kubelet, pod);
});
