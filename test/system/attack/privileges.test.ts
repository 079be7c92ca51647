// Containers and images that reach for more than they are given: the OCI runtime's own program, devices, root.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';
import { busyboxLayer, importArchive } from '@berth/test-support/images.ts';

const image = 'localhost/reaching:1';
const programs = { crun: '/usr/bin/crun', runc: '/usr/sbin/runc' };

let attacked: AttackedNode;
before(async () => {
  attacked = await AttackedNode.start('attackpriv');
  const dir = join(attacked.node.dir, 'layout');
  const layer = [
    ...busyboxLayer(),
    { type: 'file' as const, path: 'evil', mode: 0o755, content: '#!/proc/self/exe\n' },
    { type: 'character-device' as const, path: 'memory', major: 1, minor: 1, mode: 0o666 },
    { type: 'block-device' as const, path: 'disk', major: 254, minor: 0, mode: 0o666 },
    // Not busybox, which gives up what it gains by itself.
    { type: 'file' as const, path: 'bin/suid', mode: 0o4755, content: readFileSync('/bin/cat') },
    ...libraries(),
  ];
  await writeOciLayout({ dir, name: image, layers: [layer], config: {} });
  await importArchive(attacked.node.socket, dir);
});
after(() => attacked[Symbol.asyncDispose]());

/** The C library and its loader, as this process has them, in the places where programs look for them. */
function libraries(): TarEntry[] {
  const report: unknown = process.report.getReport();
  const { sharedObjects } = report as { sharedObjects: string[] };
  const wanted = sharedObjects.filter((path) => /\/(libc\.so|ld-linux)/.test(path));
  return wanted.flatMap((path): TarEntry[] => {
    const content = readFileSync(path);
    const name = basename(path);
    return [path.slice(1), `lib64/${name}`, `lib/${name}`].map((where) => ({
      type: 'file',
      path: where,
      mode: 0o755,
      content,
    }));
  });
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

for (const [handler, program] of Object.entries(programs)) {
  // CVE-2019-5736.
  test(`the program of ${handler} is not to be had through /proc/self/exe`, {
    timeout: 600_000,
  }, async () => {
    const digest = () => createHash('sha256').update(readFileSync(program)).digest('hex');
    const before = digest();
    await attacked.unharmed(async () => {
      const overwrite =
        'while true; do for exe in /proc/[0-9]*/exe; do case $(readlink $exe) in /bin/*) ;; *) echo pwned 2>/dev/null >$exe && echo wrote $exe ;; esac; done; done 2>/dev/null';
      const thief = await attacked.attacker(overwrite, { image: { image } }, { handler });
      const { containerId } = thief;
      for (let round = 0; round < 8; round++) {
        for (const cmd of [['/evil'], ['/proc/self/exe', '--version'], ['/bin/true']]) {
          await attacked.node.client.runtime
            .execSync({ containerId, cmd, timeout: 10n })
            .catch((error: unknown) => assert.ok(error instanceof Error));
        }
      }
      assert.doesNotMatch(readFileSync(thief.logFile, 'utf8'), /wrote/);
      await attacked.remove(thief);
    });
    assert.equal(digest(), before);
  });

  test(`devices of an image are closed, with ${handler}`, { timeout: 600_000 }, async () => {
    await attacked.unharmed(async () => {
      const { run, ...rest } = await attacked.attacker(
        'sleep 3600 & wait',
        { image: { image } },
        { handler },
      );
      const { stdout } = await run(
        'for d in /memory /disk; do head -c 1 $d >/dev/null 2>&1 && echo read $d; done; mknod /own b 254 0 2>/dev/null && head -c 1 /own 2>/dev/null && echo read own; ls /dev | grep -cE "^(mem|kmem|vda|sda|fuse|kvm)$"',
      );
      assert.equal(text(stdout).trim(), '0');
      await attacked.remove({ run, ...rest });
    });
  });

  test(`set-user-id programs gain nothing with no_new_privs, with ${handler}`, {
    timeout: 300_000,
  }, async () => {
    await attacked.unharmed(async () => {
      for (const noNewPrivs of [true, false]) {
        const user = await attacked.attacker(
          'sleep 3600 & wait',
          { image: { image }, linux: { securityContext: { runAsUser: { value: 1000n }, noNewPrivs } } },
          { handler },
        );
        const { stdout } = await attacked.node.client.runtime.execSync({
          containerId: user.containerId,
          cmd: ['/bin/suid', '/proc/self/status'],
          timeout: 10n,
        });
        const effective = noNewPrivs ? '1000' : '0';
        assert.match(text(stdout), new RegExp(`Uid:\\s+1000\\s+${effective}\\s`), text(stdout));
        assert.match(text(stdout), new RegExp(`NoNewPrivs:\\s+${noNewPrivs ? 1 : 0}`));
        await attacked.remove(user);
      }
    });
  });
}
