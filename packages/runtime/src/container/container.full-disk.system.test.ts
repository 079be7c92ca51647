// Containers that end while berthd cannot write down anything.
import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ContainerState } from '@berth/cri/generated/api.ts';
import { mount, unmount } from '@berth/linux/mounts/mount.ts';
import { failsWith, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-full', (root) => {
    mkdirSync(root);
    mount({ source: 'tmpfs', target: root, fstype: 'tmpfs', data: 'size=32m' });
    return () => unmount(root, { detach: true });
  });
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

/** Takes all the space of berthd's disk until the result is disposed of. */
function fillRoot(): Disposable {
  const path = join(node.config.root, 'filler');
  const file = openSync(path, 'w');
  for (const size of [1 << 20, 4096]) {
    try {
      while (writeSync(file, Buffer.alloc(size)) > 0);
    } catch {
      // Full.
    }
  }
  closeSync(file);
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

const endings: [what: string, end: (id: string) => Promise<void>][] = [
  ['under its conmon', async () => {}],
  [
    'without its conmon',
    async (id) => {
      process.kill(await conmonOf(id), 'SIGKILL');
    },
  ],
];

async function conmonOf(id: string): Promise<number> {
  return Number(readFileSync(join(node.config.state, 'containers', id, 'conmon-pid'), 'utf8'));
}

for (const [what, end] of endings) {
  test(`stopping a container that ends ${what} on a full disk says so soon, and succeeds afterwards`, async () => {
    const sandbox = await pods.runPod('full');
    const containerId = await pods.startContainer(sandbox, ['/bin/sleep', '1000']);
    {
      using _filler = fillRoot();
      const began = performance.now();
      await end(containerId);
      const stop = node.client.runtime.stopContainer({ containerId, timeout: 0n });
      await assert.rejects(stop, failsWith('RESOURCE_EXHAUSTED', /the disk is full; free some space/));
      assert.ok(performance.now() - began < 5000);
    }
    await until(async () => (await pods.statusOf(containerId)).state === ContainerState.CONTAINER_EXITED);
    await node.client.runtime.stopContainer({ containerId, timeout: 0n });
    await pods.removePod(sandbox);
  });
}
