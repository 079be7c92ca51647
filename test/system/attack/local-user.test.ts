// Another user of the machine, who has a shell and nothing more: what berthd keeps is closed to them, whatever umask
// it was started with, and they cannot stop it from working.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NamespaceMode } from '@berth/cri/generated/api.ts';
import { mounts } from '@berth/linux/mounts/mount.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString().trim();

/** Runs a script as another user of the machine, by default as one who is in no group. */
function asUser(script: string, user: { uid?: number; gid?: number } = {}): string {
  const { uid = 65_534, gid = 65_534 } = user;
  const argv = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '/bin/sh', '-c', script];
  const { stdout } = spawnSync('setpriv', argv, { encoding: 'utf8', cwd: '/' });
  return stdout.trim();
}

/** Runs `start` with the umask, which its child processes inherit. */
async function withUmask<T>(umask: number, start: () => Promise<T>): Promise<T> {
  const before = process.umask(umask);
  try {
    return await start();
  } finally {
    process.umask(before);
  }
}

const octal = (path: string) => (statSync(path).mode & 0o7777).toString(8);

/** Directories of berthd's own that others may enter; those of images, containers and OCI runtimes are not its own. */
function openDirectories(top: string): string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    if (!lstatSync(path).isDirectory() || /\/(upper|rootfs|empty|shm|oci-\w+\/\w+)$/.test(path)) return;
    if (/\/images\/layers\/\w+$/.test(path)) return;
    if ((statSync(path).mode & 0o077) !== 0) found.push(`${path} ${octal(path)}`);
    for (const name of readdirSync(path)) walk(join(path, name));
  };
  walk(top);
  return found;
}

for (const umask of [0o000, 0o022, 0o077]) {
  const name = umask.toString(8).padStart(3, '0');
  test(`another local user cannot reach a container's setuid file under umask ${name}`, async () => {
    await using attacked = await withUmask(umask, () => AttackedNode.start(`user${name}`));
    const { node } = attacked;
    chmodSync(node.dir, 0o755);
    const attacker = await attacked.attacker(
      'umask > /umask; cp /bin/busybox /suid && chmod 4755 /suid; mkdir /open; chmod 777 /open; sleep 600',
    );
    const seen = await attacker.run('until [ -d /open ]; do :; done; cat /umask; umask; stat -c %a / /suid');
    assert.deepEqual(text(seen.stdout).split('\n'), ['0022', '0022', '755', '4755']);

    // Not by its place on disk, nor by any mount that the kernel tells everybody of.
    const upper = join(node.paths.root, 'containers', attacker.containerId, 'upper');
    assert.equal(octal(join(upper, 'suid')), '4755');
    const places = [
      upper,
      ...mounts()
        .filter(({ mountPoint }) => mountPoint.startsWith(node.dir))
        .map(({ mountPoint }) => mountPoint),
    ];
    assert.ok(places.some((place) => place.includes(attacker.containerId)));
    for (const place of places) {
      assert.equal(asUser(`stat ${place} ${place}/suid && echo reached; ${place}/suid id`), '', place);
    }
    for (const dir of [node.paths.root, node.paths.state, node.paths.cniCacheDir]) {
      assert.equal(asUser(`find ${dir} -mindepth 1`), '', dir);
    }
    // Each of them is closed by itself, so that no single directory that opens again gives the others away.
    assert.deepEqual(openDirectories(node.paths.root), []);
    assert.deepEqual(openDirectories(node.paths.state), []);
    const files = [
      ...globSync(join(node.paths.root, '{berth.db*,berthd.lock,images/content/blobs/sha256/*}')),
      ...globSync(join(node.paths.state, '{berthd.lock,containers/*/config.json}')),
      ...globSync(join(node.paths.cniCacheDir, 'results/*')),
    ];
    assert.ok(files.length > 8, files.join(' '));
    for (const file of files) assert.equal(octal(file), '600', file);
    assert.equal(octal(join(node.paths.cniCacheDir, 'results')), '700');
    assert.equal(existsSync(`${node.paths.state}-userns`), false);

    // The socket is for root, and log collectors find logs as they know them.
    assert.equal(octal(node.socket), '660');
    assert.match(octal(attacker.logFile), /^6[04]0$/);
    await attacked.remove(attacker);
  });
}

describe('pods with a user namespace', { timeout: 600_000 }, () => {
  const mapping = (hostId: number) => [{ containerId: 0, hostId, length: 65_536 }];
  for (const handler of ['crun', 'runc']) {
    test(`only their own root passes to the root of a container, with ${handler}`, async () => {
      await using attacked = await AttackedNode.start(`userns${handler}`);
      const { node } = attacked;
      const { runtime } = node.client;
      // Neither the state nor a volume's folder opens for them.
      const closed = join(node.dir, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      mkdirSync(join(closed, 'volume'), { mode: 0o755 });
      const start = async (name: string, hostId: number) => {
        const usernsOptions = { mode: NamespaceMode.POD, uids: mapping(hostId), gids: mapping(hostId) };
        const linux = (pid: NamespaceMode) => ({
          cgroupParent: node.paths.cgroupParent,
          securityContext: {
            namespaceOptions: { network: NamespaceMode.POD, pid, ipc: NamespaceMode.POD, usernsOptions },
          },
        });
        const config = {
          metadata: { name, uid: name, namespace: 'default', attempt: 0 },
          hostname: name,
          linux: linux(NamespaceMode.POD),
        };
        const { podSandboxId } = await runtime.runPodSandbox({ config, runtimeHandler: handler });
        const { containerId } = await runtime.createContainer({
          podSandboxId,
          config: {
            metadata: { name: 'main', attempt: 0 },
            image: { image: 'localhost/berth-test/busybox:1' },
            command: ['/bin/sh', '-c', 'cp /bin/busybox /suid && chmod 4755 /suid && sleep 600'],
            mounts: [{ containerPath: '/volume', hostPath: join(closed, 'volume') }],
            linux: linux(NamespaceMode.POD),
          },
          sandboxConfig: config,
        });
        await runtime.startContainer({ containerId });
        const { stdout } = await runtime.execSync({
          containerId,
          cmd: ['/bin/sh', '-c', 'until [ -u /suid ]; do :; done; cat /etc/hostname; stat -c %u /volume'],
          timeout: 20n,
        });
        assert.equal(text(stdout), `${name}\n65534`);
        return { podSandboxId, containerId };
      };
      const one = await start('one', 300_000);
      const other = await start('other', 400_000);

      const roots = `${node.paths.state}-userns`;
      assert.equal(octal(roots), '711');
      for (const [{ podSandboxId, containerId }, gid] of [
        [one, 300_000],
        [other, 400_000],
      ] as const) {
        for (const id of [podSandboxId, containerId]) {
          const { mode, uid, gid: group } = statSync(join(roots, id));
          assert.deepEqual([(mode & 0o7777).toString(8), uid, group], ['710', 0, gid]);
        }
        const suid = join(roots, containerId, 'rootfs/suid');
        assert.equal(octal(suid), '4755');
        assert.equal(asUser(`test -e ${suid} && echo reached`), '');
        // Root of the other pod, and any other user of this one.
        const foreign = gid === 300_000 ? 400_000 : 300_000;
        assert.equal(asUser(`test -e ${suid} && echo reached`, { uid: foreign, gid: foreign }), '');
        assert.equal(asUser(`test -e ${suid} && echo reached`, { uid: gid + 1, gid: gid + 1 }), '');
        assert.equal(asUser(`test -e ${suid} && echo reached`, { uid: gid, gid }), 'reached');
      }
      for (const dir of [node.paths.root, node.paths.state]) assert.equal(octal(dir), '700');
      assert.equal(asUser(`ls ${roots}; ls ${node.paths.state}`, { uid: 300_000, gid: 300_000 }), '');

      // What a berthd that was killed had begun is found there as well.
      await node.restart();
      for (const { podSandboxId } of [one, other]) {
        await runtime.stopPodSandbox({ podSandboxId });
        await runtime.removePodSandbox({ podSandboxId });
      }
      assert.deepEqual(readdirSync(roots), []);
      assert.deepEqual(globSync(join(node.paths.state, 'containers/*')).length, 1);
    });
  }
});

/**
 * A process of another user that has a file open from when it could be read, and has each lock on it that a reader
 * may take: flock(2)'s exclusive one, and SQLite's on what it can read of a database.
 */
async function lockAsUser(files: string[], database: string): Promise<ChildProcess> {
  const script = `
    const { openSync } = require('node:fs');
    const { spawnSync } = require('node:child_process');
    const { DatabaseSync } = require('node:sqlite');
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    for (const file of ${JSON.stringify(files)}) {
      const descriptor = openSync(file, 'r');
      spawnSync('flock', ['--exclusive', '--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
    }
    const database = new DatabaseSync(${JSON.stringify(database)}, { readOnly: true });
    database.exec('BEGIN');
    console.log(database.prepare('SELECT count(*) AS rows FROM sandbox').get().rows);
    setTimeout(() => {}, 120_000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' });
  const [line] = await once(child.stdout, 'data');
  assert.equal(String(line).trim(), '1', 'the attacker reads the database');
  return child;
}

test("what an older berthd left open is closed, and a user's locks on it stop nothing", async () => {
  await using attacked = await AttackedNode.start('olderberthd');
  const { node } = attacked;
  const { root, state } = node.paths;
  const database = join(root, 'berth.db');
  const locks = [join(root, 'lock'), join(state, 'lock')];
  let attacker: ChildProcess | undefined;
  await node.berthd.stop();
  // As berthd 0.1 had it when it was killed.
  chmodSync(node.dir, 0o755);
  for (const dir of [root, state, join(state, 'containers'), join(state, 'sandboxes')]) chmodSync(dir, 0o711);
  chmodSync(node.paths.cniCacheDir, 0o755);
  const killed = `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(${JSON.stringify(database)});
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE before (a); DROP TABLE before');
    process.kill(process.pid, 'SIGKILL');`;
  spawnSync(process.execPath, ['-e', killed]);
  for (const lock of locks) writeFileSync(lock, '');
  for (const file of [...locks, ...globSync(`${database}{,-wal,-shm}`)]) chmodSync(file, 0o644);
  try {
    attacker = await lockAsUser(locks, database);
    await node.restart();
    for (const dir of [root, state, join(state, 'containers'), join(state, 'sandboxes')]) {
      assert.equal(octal(dir), '700', dir);
    }
    assert.ok(existsSync(database));
    for (const file of globSync(`${database}*`)) assert.equal(octal(file), '600', file);
    assert.equal(existsSync(`${database}-shm`), false);
    assert.deepEqual(globSync(`{${root},${state}}/lock`), []);
    // Requests that write, and more of them than the log takes before it goes into the database.
    await attacked.unharmed(async () => {
      for (let round = 0; round < 3; round++) {
        await attacked.remove(await attacked.attacker('sleep 600'));
      }
    });
    assert.equal(octal(node.paths.cniCacheDir), '700');
    await node.restart();
  } finally {
    attacker?.kill('SIGKILL');
  }
});
