// A berthd for one run of critest.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupDriverName } from '@berth/linux/cgroups/driver.ts';
import { type BerthdNode, startBerthdNode } from '@berth/test-support/berthd-node.ts';
import { mirrorPublicRegistries } from './images/serve.ts';

/** Starts berthd with `runtime` for all pods and the registry at `registry` as the mirror of all public ones. */
export async function startNode(options: {
  runtime: 'crun' | 'runc';
  registry: string;
  cgroupDriver: CgroupDriverName;
}): Promise<BerthdNode> {
  const { runtime, registry, cgroupDriver } = options;
  await using resources = new AsyncDisposableStack();
  // Not on tmpfs: ID-mapped mounts of it came only with Linux 6.3.
  const root = mkdtempSync('/var/tmp/berth-critest-');
  chmodSync(root, 0o711);
  resources.defer(() => rmSync(root, { recursive: true, force: true }));
  const node = resources.use(
    await startBerthdNode({
      name: 'critest',
      runtime,
      root,
      cgroupDriver,
      prepare: (dir) => mirrorPublicRegistries(join(dir, 'certs.d'), registry),
    }),
  );
  const owned = resources.move();
  return { ...node, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
