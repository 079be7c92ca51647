// Files of the host that every container has and may write to: /etc/hostname, /etc/hosts, /etc/resolv.conf and the
// termination log. None of them fills a disk of the host (CVE-2020-8557), or becomes a program for its users.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import {
  forever,
  shellPod,
  startTestNode,
  statusOf,
  type TestNode,
  testRuntimes,
  untilGone,
  untilRunning,
  untilStatus,
} from '@berth/kubelet/testing/node.ts';
import { isMountPoint, mounts, mountsBelow, unmount } from '@berth/linux/mounts/mount.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';

const mebibyte = 1024 * 1024;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString().trim();

/** Fills each file with 8 MiB, or as far as it goes, and tells its size and why dd stopped; then empties it. */
const filling = (files: readonly string[]) =>
  `for f in ${files.join(' ')}; do
     why=$(dd if=/dev/zero of=$f bs=64k count=128 2>&1 | grep -o 'No space left on device')
     echo "$f $(stat -c %s $f) $why"; : > $f
   done`;

function assertFilled(output: string, files: readonly string[]): void {
  const lines = output.split('\n').map((line) => line.split(' '));
  assert.deepEqual(
    lines.map(([file, , ...why]) => `${file} ${why.join(' ')}`),
    files.map((file) => `${file} No space left on device`),
  );
  for (const [file, size] of lines) {
    assert.ok(Number(size) > 0.9 * mebibyte && Number(size) < 2 * mebibyte, `${file} holds ${size} bytes`);
  }
}

/** A program of 120 bytes that ends with exit code 42. */
const program = [
  '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x3e\\x00\\x01\\x00\\x00\\x00',
  '\\x78\\x00\\x40\\x00\\x00\\x00\\x00\\x00\\x40\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00',
  '\\x00\\x00\\x00\\x00\\x40\\x00\\x38\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00',
  '\\x01\\x00\\x00\\x00\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x40\\x00\\x00\\x00\\x00\\x00',
  '\\x00\\x00\\x40\\x00\\x00\\x00\\x00\\x00\\x81\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x81\\x00\\x00\\x00\\x00\\x00\\x00\\x00',
  '\\x00\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x6a\\x3c\\x58\\x6a\\x2a\\x5f\\x0f\\x05\\x90',
].join('');

/** Makes each file a setuid program; the same bytes elsewhere are one that runs. */
const planting = (files: readonly string[]) =>
  `printf '${program}' > /tmp/proof && chmod 755 /tmp/proof; /tmp/proof; echo $?
   for f in ${files.join(' ')}; do printf '${program}' > $f; chmod 4777 $f; stat -c %a $f; done`;

/** Exit code of a program run as another user of the machine. */
const asUser = (path: string) =>
  spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', path], { cwd: '/' }).status;

/** That no user can run a file of the host, even where every folder on the way to it is open. */
function assertNoProgram(path: string, top: string): void {
  assert.equal(statSync(path).mode & 0o7777, 0o4777, path);
  const opened: [string, number][] = [];
  for (let dir = dirname(path); dir.startsWith(top); dir = dirname(dir)) {
    opened.push([dir, statSync(dir).mode & 0o7777]);
    chmodSync(dir, 0o755);
  }
  try {
    assert.equal(asUser(path), 126, `${path} was run`);
    assert.notEqual(spawnSync(path).status, 42, `${path} was run by root`);
  } finally {
    for (const [dir, mode] of opened) chmodSync(dir, mode);
  }
}

/** The options that each file is mounted with in a container. */
function assertFlags(mountinfo: string, files: readonly string[]): void {
  for (const file of files) {
    const line = mountinfo.split('\n').find((each) => each.split(' ')[4] === file) ?? '';
    for (const flag of ['nosuid', 'nodev', 'noexec']) {
      assert.ok(line.split(' ')[5]?.split(',').includes(flag), `${file}: ${flag} is missing: ${line}`);
    }
  }
}

interface Shape {
  /** Where the users of the pod begin on the host, if it has users of its own. */
  users?: number;
  readonly?: boolean;
  sharedPid?: boolean;
}

/** What a container with CAP_SYS_ADMIN in its pod's user namespace can do in the mounts of another process there. */
const fillRootOf = (pid: number) => `
  use Fcntl;
  open my $users, "<", "/proc/${pid}/ns/user" or die; open my $mounts, "<", "/proc/${pid}/ns/mnt" or die;
  syscall(308, fileno $users, 0) == 0 or die "setns: $!";
  syscall(308, fileno $mounts, 0) == 0 or die "setns: $!";
  syscall(119, 0, 0, 0); syscall(117, 0, 0, 0);
  my ($root, $none) = ("/", 0);
  syscall(165, $none, $root, $none, 0x102e, $none);
  sysopen my $full, "/full", O_WRONLY | O_CREAT or do { print "no file"; exit };
  for (1 .. 128) { syswrite($full, "x" x 65536) or do { print "$!"; exit } }
  print "filled";`;

describe('berthd', () => {
  const files = ['/etc/hostname', '/etc/resolv.conf', '/etc/hosts'];
  let attacked: AttackedNode;
  let pods = 0;
  before(async () => {
    attacked = await AttackedNode.start('hostfiles');
  });
  after(() => attacked[Symbol.asyncDispose]());

  const start = async (handler: string, { users, readonly = false, sharedPid = false }: Shape = {}) => {
    const { runtime } = attacked.node.client;
    const name = `files${pods++}`;
    const ids = [{ containerId: 0, hostId: users ?? 0, length: 65_536 }];
    const userns = users === undefined ? {} : { mode: NamespaceMode.POD, uids: ids, gids: ids };
    const linux = {
      cgroupParent: attacked.node.paths.cgroupParent,
      securityContext: {
        namespaceOptions: {
          // So that the pod has /etc/hosts of berthd's, but where the host's network is no pod's own.
          network: users === undefined ? NamespaceMode.NODE : NamespaceMode.POD,
          ipc: NamespaceMode.POD,
          pid: sharedPid ? NamespaceMode.POD : NamespaceMode.CONTAINER,
          ...(users === undefined ? {} : { usernsOptions: userns }),
        },
        readonlyRootfs: readonly,
      },
    };
    const config = { metadata: { name, uid: name, namespace: 'default', attempt: 0 }, hostname: '', linux };
    const { podSandboxId } = await runtime.runPodSandbox({ config, runtimeHandler: handler });
    const container = async (attempt: number) => {
      const { containerId } = await runtime.createContainer({
        podSandboxId,
        config: {
          metadata: { name: 'main', attempt },
          image: { image: 'localhost/berth-test/busybox:1' },
          command: ['/bin/sh', '-c', forever],
          linux,
        },
        sandboxConfig: config,
      });
      await runtime.startContainer({ containerId });
      return async (script: string) => {
        const cmd = ['/bin/sh', '-c', script];
        const { stdout, stderr } = await runtime.execSync({ containerId, cmd, timeout: 30n });
        return text(stdout) || text(stderr);
      };
    };
    const remove = async () => {
      await runtime.stopPodSandbox({ podSandboxId });
      await runtime.removePodSandbox({ podSandboxId });
      assert.equal(existsSync(sandboxDir), false);
      assert.deepEqual(mountsBelow(sandboxDir), []);
    };
    const sandboxDir = join(attacked.node.paths.state, 'sandboxes', podSandboxId);
    return { podSandboxId, sandboxDir, container, run: await container(0), remove };
  };

  /** berthd is killed, and started again whatever comes of what happens meanwhile. */
  const restarted = async (whileDown = () => {}) => {
    await attacked.node.berthd.stop('SIGKILL');
    try {
      whileDown();
    } finally {
      await attacked.node.restart();
    }
  };

  for (const handler of ['crun', 'runc']) {
    test(`a container cannot fill the state directory through its files in /etc, with ${handler}`, async () => {
      await attacked.unharmed(async () => {
        const { sandboxDir, run, remove } = await start(handler);
        assertFilled(await run(filling(files)), files);
        const { state } = attacked.node.paths;
        for (const file of files) {
          const path = join(sandboxDir, 'etc', file.slice('/etc/'.length));
          assert.notEqual(statSync(path).dev, statSync(state).dev, path);
        }
        await remove();
      });
    });

    test(`another local user cannot execute a container's files in /etc, with ${handler}`, async () => {
      const { sandboxDir, run, remove } = await start(handler);
      assert.equal(await run(planting(files)), `42\n${files.map(() => '4777').join('\n')}`);
      for (const file of files) {
        assertNoProgram(join(sandboxDir, 'etc', file.slice('/etc/'.length)), attacked.node.dir);
      }
      assertFlags(await run('cat /proc/self/mountinfo'), files);
      await remove();
    });

    test(`files in /etc are as safe in a user namespace and with a read-only root, with ${handler}`, async () => {
      const shifted = await start(handler, { users: 300_000 });
      const own = files.slice(0, 2);
      assert.equal(await shifted.run('stat -c %u /etc/hostname /etc/resolv.conf'), '0\n0');
      assertFilled(await shifted.run(filling(own)), own);
      assertFlags(await shifted.run('cat /proc/self/mountinfo'), own);
      await shifted.remove();

      const readonly = await start(handler, { readonly: true });
      assert.match(await readonly.run('echo x > /etc/hostname'), /Read-only file system/);
      assertFlags(await readonly.run('cat /proc/self/mountinfo'), files);
      await readonly.remove();
    });
  }

  for (const handler of ['crun', 'runc']) {
    test(`the init of a shared PID namespace lends nobody the state directory, with ${handler}`, async () => {
      const { podSandboxId, remove } = await start(handler, { users: 300_000, sharedPid: true });
      const pid = readFileSync(
        join(attacked.node.paths.state, 'sandboxes', podSandboxId, 'init/pid'),
        'utf8',
      ).trim();
      const { stdout, stderr } = spawnSync('perl', ['-e', fillRootOf(Number(pid))], { encoding: 'utf8' });
      assert.equal(stderr, '');
      assert.match(stdout, /^(no file|No space left on device)$/);
      await remove();
    });
  }

  test('a sandbox that an older berthd made gets the files with the next start, and its containers go on', async () => {
    const { sandboxDir, container, run, remove } = await start('crun');
    const hostname = await run('cat /etc/hostname');
    await restarted(() => {
      // As an older berthd had it.
      unmount(join(sandboxDir, 'etc'), { detach: true });
      rmSync(join(sandboxDir, 'etc'), { recursive: true });
      for (const file of ['hostname', 'resolv.conf', 'hosts']) writeFileSync(join(sandboxDir, file), 'old');
    });
    assert.equal(await run('cat /etc/hostname'), hostname, 'the running container keeps its own');
    const next = await container(1);
    assert.equal(await next('cat /etc/hostname'), hostname);
    assertFilled(await next(filling(files)), files);
    await remove();
  });

  test('files in /etc outlive berthd, and a recovery that was killed is begun anew', async () => {
    const { sandboxDir, container, run, remove } = await start('crun');
    await run('echo changed > /etc/hostname');
    await restarted();
    assert.equal(await (await container(1))('cat /etc/hostname'), 'changed');
    // Killed between the mount and the last file.
    await restarted(() => rmSync(join(sandboxDir, 'etc/resolv.conf')));
    const etc = join(sandboxDir, 'etc');
    assert.equal(mounts().filter(({ mountPoint }) => mountPoint === etc).length, 1);
    assert.ok(existsSync(join(etc, 'resolv.conf')));
    await remove();
  });
});

for (const runtime of testRuntimes) {
  describe(`the kubelet on ${runtime}`, { timeout: 600_000 }, () => {
    const files = ['/etc/hosts', '/dev/termination-log'];
    let node: TestNode;
    before(async () => {
      node = await startTestNode(runtime);
    });
    after(() => node[Symbol.asyncDispose]());

    test('a container can neither fill the disk through /etc/hosts and its termination log nor run them', async () => {
      const kubelet = node.kubelet();
      const pod = shellPod('filler', forever);
      kubelet.setPods([pod]);
      const { containerStatuses = [] } = await untilRunning(kubelet, pod);
      const containerId = containerStatuses[0]?.containerID?.replace(/^.*:\/\//, '') ?? '';
      const run = async (script: string) => {
        const cmd = ['/bin/sh', '-c', script];
        return text((await node.cri.runtime.execSync({ containerId, cmd, timeout: 30n })).stdout);
      };
      const folder = join(node.options.rootDir, 'pods', pod.metadata.uid);
      const [log = ''] = readdirSync(join(folder, 'containers/main'));
      const paths = [join(folder, 'etc-hosts'), join(folder, 'containers/main', log)];
      assert.match(await run('cat /etc/hosts'), /^# Kubernetes-managed hosts file\./);
      for (const path of paths) assert.ok(isMountPoint(path), path);

      assertFilled(await run(filling(files)), files);
      assert.equal(await run(planting(files)), '42\n4777\n4777');
      for (const path of paths) assertNoProgram(path, node.dir);
      if (runtime === 'berthd') assertFlags(await run('cat /proc/self/mountinfo'), files);
      kubelet.setPods([]);
      await untilGone(kubelet, pod);
      assert.deepEqual(mountsBelow(node.options.rootDir), []);
      await kubelet.stop();
    });

    test('a container that crashes on and on leaves the termination logs of two attempts', async () => {
      const kubelet = node.kubelet();
      const script =
        'dd if=/dev/zero of=/dev/termination-log bs=64k count=64; echo -n last words > /dev/termination-log; exit 1';
      const pod = shellPod('crashing', script, { restartPolicy: 'Always' });
      kubelet.setPods([pod]);
      const { containerStatuses = [] } = await untilStatus(kubelet, pod, 'crashed four times', (status) =>
        (status.containerStatuses ?? []).some(
          ({ restartCount, lastState }) => restartCount >= 3 && lastState?.terminated !== undefined,
        ),
      );
      assert.equal(containerStatuses[0]?.lastState?.terminated?.message, 'last words');
      const folder = join(node.options.rootDir, 'pods', pod.metadata.uid);
      assert.ok(readdirSync(join(folder, 'containers/main')).length <= 3);
      assert.ok(mountsBelow(join(folder, 'containers')).length <= 3);
      // The next kubelet finds the words where they were.
      await kubelet.stop();
      const next = node.kubelet();
      next.setPods([pod]);
      await untilStatus(next, pod, 'is known to the next kubelet', (status) =>
        (status.containerStatuses ?? []).some(
          ({ lastState, state }) => (lastState?.terminated ?? state?.terminated)?.message === 'last words',
        ),
      );
      next.setPods([]);
      await untilGone(next, pod);
      assert.equal(statusOf(next, pod), undefined);
      assert.deepEqual(mountsBelow(node.options.rootDir), []);
      await next.stop();
    });
  });
}
