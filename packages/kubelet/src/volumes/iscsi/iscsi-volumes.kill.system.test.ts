// Kubelets that are killed while they attach or detach disks of a real iSCSI target.
import { test } from 'node:test';
import { unmount } from '@berth/linux/mounts/mount.ts';
import { until } from '@berth/test-support/until.ts';
import {
  iqn,
  kubeletWith,
  lun,
  needsIscsi,
  programs,
  startTarget,
  untilDetached,
} from '../../testing/iscsi-node.ts';
import type { RunProgram } from '../node-programs.ts';

test(
  'a kubelet that was killed before any step leaves nothing that the next one does not take away',
  needsIscsi,
  async () => {
    await using node = await startTarget();
    const { rootDir, target } = node;
    target.add(iqn);
    for (let steps = 0; ; steps += 1) {
      let left = steps;
      const killed = Promise.withResolvers<'killed'>();
      // What a killed kubelet has asked for is never answered.
      const run: RunProgram = async (...args) => {
        if (left === 0) killed.resolve('killed');
        left -= 1;
        return left < 0 ? new Promise(() => {}) : programs(...args);
      };
      using first = kubeletWith(rootDir, run);
      const end = await Promise.race([first.mount('a', lun(1)).then(() => 'mounted'), killed.promise]);
      using next = kubeletWith(rootDir);
      unmount(next.folder('a'), { ifMounted: true });
      next.start();
      await untilDetached(rootDir, target.sessions);
      if (end === 'mounted') break;
    }
    // The same while it detaches.
    for (let steps = 0; steps < 4; steps += 1) {
      using first = kubeletWith(rootDir);
      await first.mount('a', lun(1));
      let left = steps;
      const killed = Promise.withResolvers<void>();
      const run: RunProgram = async (...args) => {
        if (left === 0) killed.resolve();
        left -= 1;
        return left < 0 ? new Promise(() => {}) : programs(...args);
      };
      using second = kubeletWith(rootDir, run);
      second.unmount('a');
      await Promise.race([killed.promise, until('it is gone', () => target.sessions().length === 0)]);
      using next = kubeletWith(rootDir);
      next.start();
      await untilDetached(rootDir, target.sessions);
    }
  },
);
