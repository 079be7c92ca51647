// A pod with pinned namespaces and a shared PID namespace, with each OCI runtime of the distribution.
import assert from 'node:assert/strict';
import { mkdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NamespaceWorker, unpin } from '@berth/linux/namespaces/namespaces.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { TestContainers } from '../testing/test-containers.ts';
import type { SandboxView } from './input.ts';
import { sandboxInitSpec } from './sandbox-init.ts';

for (const name of ['crun', 'runc']) {
  describe(`a pod of ${name}`, { timeout: patience(600_000) }, () => {
    let node: TestContainers;
    let worker: NamespaceWorker;
    let sandbox: SandboxView;
    before(async () => {
      node = new TestContainers(name);
      worker = await NamespaceWorker.start();
      const pin = (namespace: string) => join(node.dir, 'ns', namespace);
      const [net, ipc, uts] = [pin('net'), pin('ipc'), pin('uts')];
      await worker.pin({ net, ipc, uts, hostname: 'pinned' });
      sandbox = node.sandbox({ namespaces: { network: net, ipc, uts } });
    });
    after(async () => {
      await worker.close();
      // The container's mount namespace has copies of the pins; they go with the files.
      for (const file of Object.values(sandbox.namespaces)) unpin(file ?? '');
      await node[Symbol.asyncDispose]();
    });

    test("containers are in the pod's namespaces", async () => {
      const { lines } = await node.run('hostname; ls /sys/class/net', {}, { sandbox });
      assert.deepEqual(lines, ['pinned', 'lo']);
    });

    test('the init reaps for all containers of a shared PID namespace', async () => {
      const rootfsPath = join(node.dir, 'init-rootfs');
      mkdirSync(rootfsPath);
      const { host } = node;
      const init = await node.createFrom(
        'init',
        sandboxInitSpec({ sandbox, initPath: '/usr/bin/catatonit', rootfsPath, host }),
      );
      await init.start();
      const initPid = init.started.containerPid;
      const shared = { sandbox: { ...sandbox, initPid } };
      const security = { securityContext: { namespaceOptions: { pid: 0 as const } } };
      const { lines } = await node.run(
        'ps -o pid,args | grep -c catatoni[t]; (sh -c "sleep 0.05 &" &) ; true',
        { linux: security },
        shared,
      );
      assert.deepEqual(lines, ['1']);
      assert.notEqual(readlinkSync(`/proc/${initPid}/ns/net`), readlinkSync('/proc/self/ns/net'));
      const long = await node.create({ linux: security }, shared);
      await long.start();
      assert.equal(
        readlinkSync(`/proc/${long.started.containerPid}/ns/pid`),
        readlinkSync(`/proc/${initPid}/ns/pid`),
      );
      process.kill(initPid, 'SIGKILL');
      assert.equal((await long.ended()).exitCode, 137);
    });
  });
}
