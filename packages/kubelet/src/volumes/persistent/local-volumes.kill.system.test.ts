// Kubelets that are killed while they mount or unmount disks of the node.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import { until } from '@berth/test-support/until.ts';
import { localKubelet, programs, startLocalNode } from '../../testing/local-node.ts';
import type { RunProgram } from '../node-programs.ts';

const moments = ['before', 'after'] as const;

/** Programs of a kubelet that is killed before or after one of them: what it has asked for is never answered. */
function killedAt(step: number, moment: (typeof moments)[number]) {
  const killed = Promise.withResolvers<'killed'>();
  let count = 0;
  const run: RunProgram = async (...args) => {
    const isLast = count === step;
    if (count > step) return await new Promise<never>(() => {});
    count += 1;
    if (isLast && moment === 'after') await programs(...args);
    if (!isLast) return await programs(...args);
    killed.resolve('killed');
    return await new Promise<never>(() => {});
  };
  return { run, killed: killed.promise };
}

for (const moment of moments) {
  test(`killed ${moment} each program of a mount: the next kubelet goes on, or takes away`, async () => {
    using node = startLocalNode();
    for (let step = 0; ; step += 1) {
      const device = node.makeDisk();
      const { run, killed } = killedAt(step, moment);
      using first = localKubelet(node.rootDir, run);
      const end = await Promise.race([first.mount('a', device).then(() => 'mounted'), killed]);
      using next = localKubelet(node.rootDir);
      next.start();
      await next.mount('a', device);
      writeFileSync(join(next.folder('a'), 'file'), 'written');
      next.unmount('a');
      await node.untilNothingIsLeft();
      await next.mount('b', device);
      assert.equal(readFileSync(join(next.folder('b'), 'file'), 'utf8'), 'written');
      next.unmount('b');
      await node.untilNothingIsLeft();
      if (end === 'mounted') {
        assert.equal(step, 3);
        break;
      }
      const again = killedAt(step, moment);
      using second = localKubelet(node.rootDir, again.run);
      void second.mount('c', device);
      await again.killed;
      using last = localKubelet(node.rootDir);
      last.unmount('c');
      await node.untilNothingIsLeft();
    }
  });

  test(`killed ${moment} it unmounts a disk: the next kubelet takes it away`, async () => {
    using node = startLocalNode();
    const device = node.makeDisk();
    using first = localKubelet(node.rootDir);
    await first.mount('a', device);
    const { run, killed } = killedAt(0, moment);
    using second = localKubelet(node.rootDir, run);
    second.unmount('a');
    await killed;
    using next = localKubelet(node.rootDir);
    next.start();
    await node.untilNothingIsLeft();
  });
}

test('a pod that runs keeps its disk, and its next kubelet unmounts that at the end of the pod', async () => {
  using node = startLocalNode();
  const [device, other] = [node.makeDisk(), node.makeDisk()];
  {
    using killed = localKubelet(node.rootDir);
    await killed.mount('a', device);
    await killed.mount('gone', other, { name: 'other' });
  }
  using next = localKubelet(node.rootDir);
  next.unmount('gone');
  await until('the disk of the other pod is unmounted', () => !existsSync(node.global('other')));
  assert.ok(isMountPoint(node.global('pv')));
  // Its device may have another name by now.
  const made = await next.mount('a', '/dev/none');
  assert.equal(made.path, next.folder('a'));
  assert.ok(isMountPoint(made.path));
  next.unmount('a');
  await node.untilNothingIsLeft();
});
