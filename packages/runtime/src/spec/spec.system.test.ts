// What config.json promises is what a process in the container finds, with each OCI runtime of the distribution.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mknod } from '@berth/linux/files/mknod.ts';
import { bindMount, mount, setPropagation, unmount } from '@berth/linux/mounts/mount.ts';
import { patience } from '@berth/test-support/machine-speed.ts';
import { TestContainers } from '../testing/test-containers.ts';

for (const name of ['crun', 'runc']) {
  describe(`containers of ${name}`, { timeout: patience(600_000) }, () => {
    let node: TestContainers;
    before(() => {
      node = new TestContainers(name);
    });
    after(async () => {
      await node[Symbol.asyncDispose]();
      assert.equal(existsSync(`/sys/fs/cgroup/memory${node.cgroupParent}`), false);
    });

    test('process: arguments, environment, working directory, exit code, log', async () => {
      const { exitCode, lines } = await node.run(
        'echo "$A $B $HOSTNAME"; pwd; echo err >&2; exit 7',
        {
          envs: [{ key: 'A', value: Buffer.from('requested') }],
          workingDir: '/made/for/it',
        },
        { image: { Env: ['A=image', 'B=image'] } },
      );
      assert.equal(exitCode, 7);
      assert.deepEqual(
        lines.filter((line) => line !== 'err'),
        ['requested image test-host', '/made/for/it'],
      );
      assert.equal(lines.includes('err'), true);
    });

    test('user by name, with its groups', async () => {
      const { lines } = await node.run('id', {}, { image: { User: 'web' } });
      assert.deepEqual(lines, ['uid=1000(web) gid=1001(web) groups=1001(web),1002(logs)']);
    });

    test('user by number, strict groups', async () => {
      const security = { runAsUser: { value: 1000n }, runAsGroup: { value: 5n }, supplementalGroups: [77n] };
      const merged = await node.run('id', { linux: { securityContext: security } });
      assert.deepEqual(merged.lines, ['uid=1000(web) gid=5 groups=5,77,1002(logs)']);
      const strict = { ...security, supplementalGroupsPolicy: 1 as const };
      const { lines } = await node.run('id', { linux: { securityContext: strict } });
      assert.deepEqual(lines, ['uid=1000(web) gid=5 groups=5,77']);
    });

    test('capabilities and no_new_privs', async () => {
      const status = "grep -E 'CapEff|CapBnd|CapAmb|NoNewPrivs' /proc/self/status";
      const none = await node.run(status, {
        linux: { securityContext: { capabilities: { dropCapabilities: ['ALL'] }, noNewPrivs: true } },
      });
      assert.deepEqual(
        none.lines.map((line) => line.split('\t')[1]),
        ['0000000000000000', '0000000000000000', '0000000000000000', '1'],
      );
      const standard = await node.run(status);
      assert.equal(standard.lines[0], 'CapEff:\t00000000a80425fb');
      const capabilities = { dropCapabilities: ['ALL'], addAmbientCapabilities: ['NET_BIND_SERVICE'] };
      const ambient = await node.run(status, {
        linux: { securityContext: { capabilities, runAsUser: { value: 1n } } },
      });
      assert.deepEqual(
        ambient.lines.slice(0, 3).map((line) => line.split('\t')[1]),
        Array(3).fill('0000000000000400'),
      );
    });

    test('the default seccomp profile forbids, unconfined and a profile of the node differ', async () => {
      const script =
        'grep ^Seccomp: /proc/self/status; chmod 700 /tmp && echo chmod; hostname x 2>/dev/null || echo refused';
      const confined = await node.run(script, {
        linux: { securityContext: { seccomp: { profileType: 0 } } },
      });
      assert.deepEqual(confined.lines, ['Seccomp:\t2', 'chmod', 'refused']);
      const unconfined = await node.run('grep ^Seccomp: /proc/self/status', {
        linux: { securityContext: { seccomp: { profileType: 1 } } },
      });
      assert.deepEqual(unconfined.lines, ['Seccomp:\t0']);
      const path = join(node.dir, 'profile.json');
      const syscalls = [{ names: ['chmod', 'fchmodat'], action: 'SCMP_ACT_ERRNO' }];
      writeFileSync(path, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
      const own = await node.run('chmod 700 /tmp 2>/dev/null || echo refused', {
        linux: { securityContext: { seccomp: { profileType: 2, localhostRef: path } } },
      });
      assert.equal(own.lines.at(-1), 'refused');
    });

    test("a profile in Docker's form follows the container's capabilities", async () => {
      const path = join(node.dir, 'docker.json');
      const deny = { action: 'SCMP_ACT_ERRNO', errno: 'EROFS', comment: 'why' };
      const profile = {
        defaultAction: 'SCMP_ACT_ALLOW',
        archMap: [
          { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
          { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
        ],
        syscalls: [
          { ...deny, names: ['chmod', 'fchmodat', 'no_such_call'], excludes: { caps: ['CAP_NET_ADMIN'] } },
          { ...deny, names: ['mkdir', 'mkdirat'], includes: { arches: ['s390x'] } },
        ],
      };
      writeFileSync(path, JSON.stringify(profile));
      const run = (addCapabilities: string[]) =>
        node.run('chmod 700 /tmp 2>&1 || echo refused; mkdir /tmp/made && echo made; rmdir /tmp/made', {
          linux: {
            securityContext: {
              seccomp: { profileType: 2, localhostRef: path },
              capabilities: { addCapabilities },
            },
          },
        });
      const plain = await run([]);
      assert.match(plain.lines.join(), /chmod: .*[Rr]ead-only file system,refused,made/);
      assert.deepEqual((await run(['NET_ADMIN'])).lines, ['made']);
    });

    test('masked and read-only paths, read-only root', async () => {
      const { lines } = await node.run(
        'cat /proc/timer_list | grep -c .; echo 1 2>/dev/null > /proc/sys/kernel/pid_max || echo ro; touch /x 2>/dev/null || echo root-ro; touch /dev/shm/x && echo shm',
        {
          linux: {
            securityContext: {
              maskedPaths: ['/proc/timer_list'],
              readonlyPaths: ['/proc/sys'],
              readonlyRootfs: true,
            },
          },
        },
      );
      assert.deepEqual(lines, ['0', 'ro', 'root-ro', 'shm']);
    });

    test('mounts: order, read-only, missing source', async () => {
      const host = join(node.dir, 'host');
      mkdirSync(join(host, 'inner'), { recursive: true });
      writeFileSync(join(host, 'inner/file'), 'inner\n');
      const { lines } = await node.run(
        'cat /a/b/file; touch /a/b/x 2>/dev/null || echo ro; touch /a/y && ls /new',
        {
          mounts: [
            { containerPath: '/a/b', hostPath: join(host, 'inner'), readonly: true },
            { containerPath: '/a', hostPath: join(host, 'outer') },
            { containerPath: '/new', hostPath: join(host, 'outer') },
          ],
        },
      );
      assert.deepEqual(lines, ['inner', 'ro', 'b', 'y']);
    });

    test('a read-only mount may hold writable ones, a recursively read-only one may not', async () => {
      const outer = join(node.dir, 'recursive');
      mkdirSync(join(outer, 'inner'), { recursive: true });
      mount({ source: 'none', target: join(outer, 'inner'), fstype: 'tmpfs' });
      try {
        for (const [recursiveReadOnly, expected] of [
          [false, 'written'],
          [true, 'refused'],
        ] as const) {
          const { lines } = await node.run(
            '(: >/m/x) 2>/dev/null || (: >/m/inner/x) 2>/dev/null && echo written || echo refused',
            {
              mounts: [{ containerPath: '/m', hostPath: outer, readonly: true, recursiveReadOnly }],
            },
          );
          assert.deepEqual(lines, [expected]);
        }
      } finally {
        unmount(join(outer, 'inner'), { detach: true });
      }
    });

    test('mount options: what is on the volume can be neither run nor opened as a device', async () => {
      const host = join(node.dir, 'options');
      mkdirSync(host);
      const mountOptions = ['noexec', 'nodev', 'nosuid'];
      const { lines } = await node.run(
        'cat /bin/busybox >/m/sh; chmod 755 /m/sh; /m/sh true 2>/dev/null || echo refused; grep " /m " /proc/self/mounts',
        { mounts: [{ containerPath: '/m', hostPath: host, mountOptions }] },
      );
      assert.equal(lines[0], 'refused');
      for (const option of mountOptions) assert.match(lines[1] ?? '', new RegExp(`[ ,]${option}\\b`));
    });

    test('mount propagation', async () => {
      const shared = join(node.dir, 'shared');
      mkdirSync(join(shared, 'later'), { recursive: true });
      bindMount(shared, shared);
      try {
        setPropagation(shared, 'shared');
        const container = await node.create({
          command: ['sh', '-c', 'while [ ! -e /in/later/seen ]; do sleep 0.01; done; echo seen'],
          mounts: [{ containerPath: '/in', hostPath: shared, propagation: 1 }],
          linux: { securityContext: { namespaceOptions: { pid: 1 } } },
        });
        await container.start();
        mkdirSync(join(node.dir, 'source'));
        writeFileSync(join(node.dir, 'source/seen'), '');
        bindMount(join(node.dir, 'source'), join(shared, 'later'));
        assert.equal((await container.ended()).exitCode, 0);
        unmount(join(shared, 'later'));
        await node.run(
          'mkdir -p /out/made && mount -t tmpfs none /out/made && touch /out/made/x',
          {
            mounts: [{ containerPath: '/out', hostPath: shared, propagation: 2 }],
            linux: { securityContext: { privileged: true } },
          },
          { sandbox: { privileged: true } },
        );
        assert.equal(existsSync(join(shared, 'made/x')), true);
        unmount(join(shared, 'made'));
      } finally {
        unmount(shared, { detach: true });
        rmSync(shared, { recursive: true });
      }
      const unshared = join(node.dir, 'unshared');
      mkdirSync(unshared);
      bindMount(unshared, unshared);
      try {
        // With systemd all mounts are shared unless somebody says otherwise.
        setPropagation(unshared, 'private');
        await assert.rejects(
          node.run('true', { mounts: [{ containerPath: '/in', hostPath: unshared, propagation: 2 }] }),
          /config.mounts\[0\].propagation/,
        );
      } finally {
        unmount(unshared, { detach: true });
      }
    });

    test('devices', async () => {
      mknod(join(node.dir, 'fuse'), { type: 'character', major: 10, minor: 229, mode: 0o600 });
      const { lines } = await node.run(
        'stat -c %t:%T /dev/own; (: </dev/own) && echo readable; (: >/dev/own) 2>/dev/null || echo no-write',
        {
          devices: [{ hostPath: join(node.dir, 'fuse'), containerPath: '/dev/own', permissions: 'r' }],
        },
      );
      assert.deepEqual(lines, ['a:e5', 'readable', 'no-write']);
    });

    test('limits reach the cgroup, an OOM kill is told', async () => {
      const { exitCode, container } = await node.run('dd if=/dev/zero of=/dev/null bs=100M count=1', {
        linux: { resources: { memoryLimitInBytes: 20n << 20n, cpuShares: 100n } },
      });
      assert.equal(exitCode, 137);
      assert.equal(
        existsSync(join(container.dir, 'oom')) ||
          node.cgroups.oomKillCount(`${node.cgroupParent}/${container.id}`) === 1,
        true,
      );
    });

    test('privileged', async () => {
      const { lines } = await node.run(
        'mount -t tmpfs none /tmp && echo mounted; ls /dev | grep -c -E "^(kmsg|fuse|vda|loop)"',
        {
          linux: { securityContext: { privileged: true } },
        },
        { sandbox: { privileged: true } },
      );
      assert.equal(lines[0], 'mounted');
      assert.notEqual(lines[1], '0');
    });

    test('a terminal', async () => {
      const { lines } = await node.run('echo $TERM; [ -t 1 ] && echo tty', { tty: true });
      assert.deepEqual(
        lines.map((line) => line.trim()),
        ['xterm', 'tty'],
      );
    });

    test('what the runtime refuses is told in its own words', async () => {
      await assert.rejects(
        node.create({
          command: ['/no/such/program'],
          linux: { securityContext: { namespaceOptions: { pid: 1 } } },
        }),
        (error: Error) => {
          assert.match(
            error.message,
            /^create container [0-9a-f]{16}: .*\/no\/such\/program.*[Nn]o such file/,
          );
          return true;
        },
      );
    });
  });
}
