// Containers that exchange what a path leads to while others are made, and images whose files are not what they
// seem: nothing of the host is read, written or mounted over.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CriError } from '@berth/cri/errors/cri-error.ts';
import { MountPropagation } from '@berth/cri/generated/api.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import type { TarEntry } from '@berth/oci/tar/entry.ts';
import { AttackedNode } from '@berth/test-support/attacked-node.ts';
import { busyboxLayer, importArchive } from '@berth/test-support/images.ts';

let attacked: AttackedNode;
let host: string;
before(async () => {
  attacked = await AttackedNode.start('attackpath');
  host = join(attacked.node.dir, 'host');
  mkdirSync(host);
  writeFileSync(join(host, 'secret'), 'secret');
});
after(() => attacked[Symbol.asyncDispose]());

const mount = (containerPath: string, hostPath: string) => ({
  containerPath,
  hostPath,
  propagation: MountPropagation.PROPAGATION_PRIVATE,
});

/** What a container could have done to the host. */
function expectHostUntouched(): void {
  assert.deepEqual(readdirSync(host), ['secret']);
  assert.equal(readFileSync(join(host, 'secret'), 'utf8'), 'secret');
  assert.deepEqual(mountsBelow(host), [], 'nothing is mounted over the host');
}

/**
 * Whether this machine's runc is older than 1.1.14: it can be made to leave empty folders on the host by what follows
 * here (CVE-2024-45310), before whoever called it has a say.
 */
function leavesEmptyFolders(handler: string): boolean {
  if (handler !== 'runc') return false;
  const [, ...numbers] =
    /version (\d+)\.(\d+)\.(\d+)/.exec(execFileSync('runc', ['--version']).toString()) ?? [];
  const [major = 0, minor = 0, patch = 0] = numbers.map(Number);
  return major === 1 && (minor === 0 || (minor === 1 && patch < 14));
}

for (const handler of ['crun', 'runc']) {
  test(`a mount's target that is exchanged for a link, with ${handler}`, { timeout: 600_000 }, async (t) => {
    await attacked.unharmed(async () => {
      const volume = join(attacked.node.dir, `volume-${handler}`);
      const other = join(attacked.node.dir, `other-${handler}`);
      for (const dir of [volume, other]) mkdirSync(dir);
      writeFileSync(join(other, 'planted'), '');
      // From inside, `link` leads to the root of whoever follows it, and from there to the host's folder.
      const swapper = await attacked.attacker(
        `cd /volume; mkdir -p dir; ln -s / link; ln -s /../../../../../../../..${host} way; while true; do mv dir kept; mv way dir; mv dir way; mv link dir; mv dir link; mv kept dir; done 2>/dev/null`,
        { mounts: [mount('/volume', volume)] },
      );
      const ofRunc = leavesEmptyFolders(handler) ? [join(host, 'deep'), '/deep'] : [];
      const left = new Set<string>();
      const removeLeft = () => {
        for (const folder of ofRunc.filter((path) => existsSync(path))) {
          // Fails when there is anything in it.
          rmdirSync(folder);
          left.add(folder);
        }
      };
      let made = 0;
      for (let round = 0; round < 12; round++) {
        try {
          const victim = await attacked.attacker(
            'sleep 3600 & wait',
            { mounts: [mount('/volume', volume), mount('/volume/dir/deep', other)] },
            { handler },
          );
          made += 1;
          await attacked.remove(victim);
        } catch (error) {
          // A target that goes away under the OCI runtime is an error of that container alone.
          assert.match(
            (error as CriError).message,
            /mount|open|no such|symlink|not a directory|exist|link|set propagation for `volume\/dir\/deep`/i,
          );
        }
        removeLeft();
        expectHostUntouched();
      }
      t.diagnostic(
        `${made} of 12 containers could be made; left by an old runc: ${[...left].join(' ') || 'nothing'}`,
      );
      await attacked.remove(swapper);
      expectHostUntouched();
      assert.ok(!existsSync('/deep'));
    });
  });
}

test("a log's folder or file that is exchanged for a link", { timeout: 600_000 }, async () => {
  await attacked.unharmed(async () => {
    const { runtime } = attacked.node.client;
    const attacker = await attacked.attacker('while true; do echo line; sleep 0.05; done');
    // As one can do whom the folder of logs was given.
    for (const name of [attacker.logFile, `${attacker.logFile}.tmp`]) {
      rmSync(name, { force: true });
      symlinkSync(join(host, 'secret'), name);
    }
    const outcome = await runtime.reopenContainerLog({ containerId: attacker.containerId }).then(
      () => 'reopened',
      (error: CriError) => error.message,
    );
    assert.equal(readFileSync(join(host, 'secret'), 'utf8'), 'secret', outcome);
    await attacked.remove(attacker);
    expectHostUntouched();
  });
});

const file = (path: string, content: string | Buffer): TarEntry => ({ type: 'file', path, content });
const userFiles: [title: string, entries: TarEntry[], message: RegExp][] = [
  [
    'a link to the host',
    [{ type: 'symlink', path: 'etc/passwd', target: '../../../../../../../../../../etc/passwd' }],
    /./,
  ],
  ['a fifo', [{ type: 'fifo', path: 'etc/passwd' }], /\/etc\/passwd of the image is not a file/],
  [
    'a fifo for a group file',
    [file('etc/passwd', 'ghost:x:5:5::/:\n'), { type: 'fifo', path: 'etc/group' }],
    /\/etc\/group of the image/,
  ],
  ['20 MiB', [file('etc/passwd', Buffer.alloc(20 << 20, 'x:x:1:1::/:\n'))], /at most 4194304 bytes/],
  [
    'a device',
    [{ type: 'character-device', path: 'etc/passwd', major: 1, minor: 5 }],
    /not a file|ENXIO|EPERM|passwd/,
  ],
  ['a loop of links', [{ type: 'symlink', path: 'etc/passwd', target: 'passwd' }], /passwd/],
];

for (const [title, entries, message] of userFiles) {
  test(`an image whose /etc/passwd is ${title}`, { timeout: 600_000 }, async () => {
    await attacked.unharmed(async () => {
      const name = 'localhost/users:1';
      const layout = join(attacked.node.dir, 'layout');
      const layer = busyboxLayer().filter(({ path }) => !['etc/passwd', 'etc/group'].includes(path));
      await writeOciLayout({ dir: layout, name, layers: [[...layer, ...entries]], config: {} });
      await importArchive(attacked.node.socket, layout);
      rmSync(layout, { recursive: true });
      const started = performance.now();
      await assert.rejects(
        attacked.attacker('true', {
          image: { image: name },
          linux: { securityContext: { runAsUsername: 'root-of-host' } },
        }),
        message,
      );
      assert.ok(performance.now() - started < 15_000);
      expectHostUntouched();
    });
  });
}
