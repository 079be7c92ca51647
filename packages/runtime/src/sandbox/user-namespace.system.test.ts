// Pods in a user namespace, with each OCI runtime of the distribution: whom a process is, inside and outside.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MountPropagation, NamespaceMode } from '@berth/cri/generated/api.ts';
import { bindMount, mountsBelow } from '@berth/linux/mounts/mount.ts';
import { plainRuntime } from '../config/config.ts';
import { startDaemon } from '../daemon.ts';
import { createLogger } from '../logging/log.ts';
import { failsWith, isolated, PodCalls, until } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

const hostUser = 200_000;
const mapping = [{ containerId: 0, hostId: hostUser, length: 65_536 }];
const usernsOptions = { mode: NamespaceMode.POD, uids: mapping, gids: mapping };
const mount = (containerPath: string, hostPath: string, change: object = {}) => ({
  containerPath,
  hostPath,
  readonly: false,
  selinuxRelabel: false,
  propagation: MountPropagation.PROPAGATION_PRIVATE,
  uidMappings: [],
  gidMappings: [],
  recursiveReadOnly: false,
  image: undefined,
  imageSubPath: '',
  mountOptions: [],
  ...change,
});
const pod = (change: object = {}, linux: object = {}) => ({
  linux: {
    ...linux,
    securityContext: { namespaceOptions: { ...isolated, usernsOptions, ...change } },
  },
});

let node: TestNode;
let pods: PodCalls;
before(async () => {
  node = await TestNode.start('rt-userns');
  chmodSync(node.dir, 0o711);
  pods = new PodCalls(node);
});
after(() => node[Symbol.asyncDispose]());

for (const handler of ['crun', 'runc']) {
  describe(`user namespaces with ${handler}`, { timeout: 600_000 }, () => {
    test('root of the pod is somebody else on the host, files and processes alike', async () => {
      const linux = pod({}, { sysctls: { 'kernel.sem': '100 200 10 20' } });
      const sandbox = await pods.runPod(`${handler}-root`, linux, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '611'], pod());
      const pid = await pods.pidOf(container);
      assert.match(readFileSync(`/proc/${pid}/uid_map`, 'utf8'), /^\s+0\s+200000\s+65536\n$/);
      assert.equal(statSync(`/proc/${pid}`).uid, hostUser);
      const seen = await pods.shell(
        container,
        `id -u; stat -c '%u %g' /bin /etc/hostname /etc/resolv.conf /dev/shm;
         echo x > /written; stat -c %u /written; 
         cat /proc/sys/kernel/sem; echo out > /dev/stdout; ls /sys/class/net | grep -c eth0; chown 5:6 /written && stat -c %u:%g /written`,
      );
      assert.deepEqual(seen.split('\n'), [
        '0',
        ...Array(4).fill('0 0'),
        '0',
        '100\t200\t10\t20',
        'out',
        '1',
        '5:6',
      ]);
      const upper = join(node.dir, 'root/containers', container, 'upper');
      assert.equal(statSync(join(upper, 'written')).uid, hostUser + 5);
      await pods.removePod(sandbox);
      assert.equal(existsSync(upper), false);
    });

    test('the first process may open its own output and input', async () => {
      const sandbox = await pods.runPod(`${handler}-stdio`, pod(), handler);
      for (const runAsUser of [undefined, { value: 1000n }]) {
        const container = await pods.startContainer(
          sandbox,
          ['/bin/sh', '-c', 'echo opened > /dev/stdout && echo opened > /proc/self/fd/2'],
          {
            metadata: { name: `stdio-${runAsUser?.value ?? 0}`, attempt: 0 },
            linux: {
              securityContext: { namespaceOptions: pod().linux.securityContext.namespaceOptions, runAsUser },
            },
          },
        );
        await until(async () => (await pods.statusOf(container)).state === 2);
        const { exitCode, logPath } = await pods.statusOf(container);
        assert.equal(exitCode, 0, readFileSync(logPath, 'utf8'));
      }
      await pods.removePod(sandbox);
    });

    test('a shared PID namespace belongs to the pod as well', async () => {
      const shared = pod({ pid: NamespaceMode.POD });
      const sandbox = await pods.runPod(`${handler}-pid`, shared, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '612'], shared);
      assert.match(await pods.shell(container, 'ps'), /catatonit -P[\s\S]*sleep 612/);
      await pods.removePod(sandbox);
    });

    test('mounts with mappings shift owners, others do not; nested mounts too', async () => {
      const volume = join(node.dir, `${handler}-volume`);
      mkdirSync(volume);
      writeFileSync(join(volume, 'file'), 'content');
      const sandbox = await pods.runPod(`${handler}-mounts`, pod(), handler);
      const mappings = { uidMappings: mapping, gidMappings: mapping };
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '613'], {
        ...pod(),
        mounts: [
          mount('/shifted', volume, mappings),
          mount('/file', join(volume, 'file'), { ...mappings, readonly: true }),
          mount('/plain', volume),
        ],
      });
      const seen = await pods.shell(
        container,
        'stat -c %u /shifted /shifted/file /file /plain; touch /shifted/new; touch /plain/x 2>/dev/null || echo refused; echo x 2>/dev/null >> /file || echo ro',
      );
      assert.deepEqual(seen.split('\n'), ['0', '0', '0', '65534', 'refused', 'ro']);
      assert.equal(statSync(join(volume, 'new')).uid, 0);
      // All of it is found again by a berthd that is started anew.
      await node.close();
      await node.open();
      assert.equal(await pods.shell(container, 'cat /file'), 'content');
      await pods.removePod(sandbox);
      assert.deepEqual(
        mountsBelow(join(node.dir, 'state')).filter(({ mountPoint }) => mountPoint.includes(container)),
        [],
      );
      assert.equal(existsSync(join(volume, 'file')), true);
      const other = await pods.runPod(`${handler}-unshifted`, {}, handler);
      await assert.rejects(
        pods.makeContainer(other, ['/bin/true'], { mounts: [mount('/shifted', volume, mappings)] }),
        /config.mounts\[0\].uidMappings: the pod has no user namespace/,
      );
      await assert.rejects(
        pods.makeContainer(other, ['/bin/true'], pod()),
        /userns_options: is different from the pod's/,
      );
      await pods.removePod(other);
    });

    test("in the host's network", async () => {
      const hosted = pod({ network: NamespaceMode.NODE });
      const sandbox = await pods.runPod(`${handler}-host`, hosted, handler);
      const container = await pods.startContainer(sandbox, ['/bin/sleep', '614'], hosted);
      const seen = await pods.shell(
        container,
        'cat /proc/self/uid_map; ls /sys/class/net; touch /sys/x 2>/dev/null || echo ro',
      );
      assert.match(
        seen,
        /^\s*0\s+200000\s+65536\n[\s\S]*lo\nro$|^\s*0\s+200000\s+65536\n[\s\S]*\nlo\n[\s\S]*ro$/,
      );
      await pods.removePod(sandbox);
    });
  });
}

test('what a berthd that was killed had mounted for a container goes, and only the mounts', async () => {
  const source = join(node.dir, 'layers-of-an-image');
  mkdirSync(source);
  writeFileSync(join(source, 'file'), 'kept');
  const bundle = join(node.dir, 'state/containers', 'ab'.repeat(32));
  await node.close();
  for (const name of ['lower', 'volumes/0', 'volumes/1-image', 'volumes/1-layers']) {
    mkdirSync(join(bundle, name), { recursive: true });
    bindMount(source, join(bundle, name));
  }
  await node.open();
  assert.equal(existsSync(bundle), false);
  assert.deepEqual(mountsBelow(bundle), []);
  assert.equal(readFileSync(join(source, 'file'), 'utf8'), 'kept');
});

test('a runtime that has neither refuses both by name', async () => {
  const program = join(node.dir, 'bare');
  // Everything that runc does, but its list of features.
  writeFileSync(
    program,
    '#!/bin/sh\nfor last; do :; done\n[ "$last" = features ] && echo {} && exit\nexec runc "$@"\n',
  );
  chmodSync(program, 0o755);
  await node.close();
  const config = { ...node.config, runtimes: { bare: plainRuntime(program) }, defaultRuntime: 'bare' };
  const daemon = await startDaemon(
    config,
    createLogger('error', () => {}),
  );
  try {
    const { runtimeHandlers } = await node.client.runtime.status({ verbose: false });
    assert.equal(runtimeHandlers[1]?.features?.userNamespaces, false);
    await assert.rejects(
      pods.runPod('bare-users', pod()),
      failsWith(
        'INVALID_ARGUMENT',
        /namespace_options\.userns_options: user namespaces are not supported by bare/,
      ),
    );
    const sandbox = await pods.runPod('bare-rro');
    await assert.rejects(
      pods.makeContainer(sandbox, ['/bin/true'], {
        mounts: [mount('/m', node.dir, { readonly: true, recursiveReadOnly: true })],
      }),
      failsWith('INVALID_ARGUMENT', /^RROUnsupported: config\.mounts\[0\]\.recursive_read_only: /),
    );
    await pods.removePod(sandbox);
  } finally {
    await daemon.close();
    await node.open();
  }
});

test('a folder on the way to the containers that nobody else passes is named', async () => {
  chmodSync(node.dir, 0o700);
  try {
    await assert.rejects(
      pods.runPod('closed', pod()),
      failsWith(
        'INVALID_ARGUMENT',
        new RegExp(`userns_options: other users cannot pass through ${node.dir},`),
      ),
    );
  } finally {
    chmodSync(node.dir, 0o711);
  }
});

test('Status tells of user namespaces and recursive read-only mounts', async () => {
  const { runtimeHandlers, features } = await node.client.runtime.status({ verbose: false });
  assert.deepEqual(
    runtimeHandlers.map(({ name, features: its }) => [
      name,
      its?.userNamespaces,
      its?.recursiveReadOnlyMounts,
    ]),
    [
      ['', true, true],
      ['crun', true, true],
      ['runc', true, true],
    ],
  );
  assert.equal(features?.userNamespacesHostNetwork, true);
});
