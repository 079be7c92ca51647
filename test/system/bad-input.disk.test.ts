// Full disks, of images and of running state: what needs space is told of, what runs goes on, and everything
// comes right by itself once there is space again.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mount, unmount } from '@berth/linux/mounts/mount.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import {
  expectWaiting,
  type FaultyNode,
  podManifest,
  startFaultyNode,
  untilForgotten,
  untilRunning,
  untilWaiting,
} from '@berth/test-support/faulty-node.ts';
import { startRegistry, type TestRegistry } from '@berth/test-support/image-registry.ts';
import { until } from '@berth/test-support/until.ts';

const full = /no space left on device|disk is full/;
const disposals = new AsyncDisposableStack();
let node: FaultyNode;
let registry: TestRegistry;

before(async () => {
  const options = { name: 'baddisk' };
  node = disposals.use(
    await startFaultyNode({
      ...options,
      prepare: ({ root, state }) => {
        const disks = [
          { target: root, data: 'size=32m' },
          { target: state, data: 'size=2m' },
        ];
        for (const { target, data } of disks) {
          mkdirSync(target);
          mount({ source: 'tmpfs', target, fstype: 'tmpfs', data });
        }
        return () => {
          for (const { target } of disks) unmount(target, { detach: true });
        };
      },
    }),
  );
  registry = await startRegistry();
  disposals.defer(() => registry.stop());
});
after(() => disposals.disposeAsync());

/** Takes all the space of the disk that `dir` is on, until the result is disposed of. */
function fill(dir: string): Disposable {
  const path = join(dir, 'filler');
  const file = openSync(path, 'w');
  for (const size of [1 << 20, 4096]) {
    const zeros = Buffer.alloc(size);
    try {
      while (writeSync(file, zeros) > 0);
    } catch {
      // Full.
    }
  }
  closeSync(file);
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

test('an image that does not fit', async () => {
  const layout = join(node.dir, 'layout');
  const content = randomBytes(40_000_000);
  await writeOciLayout({
    dir: layout,
    name: 'big',
    layers: [[{ type: 'file', path: 'big', content }]],
    config: {},
  });
  await registry.push(layout, 'big', 'big', '1');
  await node.withoutTrace(async () => {
    const image = `${registry.address}/big:1`;
    const message = /failed to pull ".*\/big:1": .*no space left on device/;
    await expectWaiting(
      node,
      { name: 'bad', container: { image } },
      /^(ErrImagePull|ImagePullBackOff)$/,
      message,
    );
    const { code, err } = await node.crictl('pull', image);
    assert.equal(code, 1);
    assert.match(err.replaceAll('\\"', '"'), message);
  });
});

for (const disk of ['root', 'state'] as const) {
  test(`a new pod while the disk of --${disk} is full`, async () => {
    await node.withoutTrace(async () => {
      const logged = node.berthd.output().length;
      {
        using _filler = fill(node.paths[disk]);
        node.write('bad.json', podManifest({ name: 'bad' }));
        await untilWaiting(node, 'bad', /./, full);
        assert.match(node.berthd.output().slice(logged), full);
      }
      await untilRunning(node, 'bad');
      node.remove('bad.json');
      await untilForgotten(node, 'bad');
    });
  });

  test(`a pod that ends while the disk of --${disk} is full`, async () => {
    await node.withoutTrace(async () => {
      node.write('ends.json', podManifest({ name: 'ends' }));
      await untilRunning(node, 'ends');
      {
        using _filler = fill(node.paths[disk]);
        const logged = node.berthd.output().length;
        node.remove('ends.json');
        const isOver = async () =>
          /disk is full|no space left|Removed pod sandbox/.test(node.berthd.output().slice(logged));
        await until('berthd has ended the pod or cannot', isOver, node.berthd.output);
      }
      await untilForgotten(node, 'ends');
    });
  });
}
