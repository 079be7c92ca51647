// Containers and sandboxes that cannot be made: each says what is wrong with which field, and is undone.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeOciLayout } from '@berth/oci/archive/layout-writer.ts';
import {
  expectWaiting,
  type FaultyNode,
  type PodParts,
  startFaultyNode,
} from '@berth/test-support/faulty-node.ts';
import { busyboxLayer, importArchive } from '@berth/test-support/images.ts';
import { testImage } from '@berth/test-support/pods.ts';

let node: FaultyNode;

before(async () => {
  node = await startFaultyNode({ name: 'badctr' });
  const dir = join(node.dir, 'layout');
  const layers = [busyboxLayer()];
  const sleep = { Cmd: ['/bin/sleep', '600'] };
  await writeOciLayout({ dir, name: 'localhost/ghost:1', layers, config: { ...sleep, User: 'ghost' } });
  await writeOciLayout({
    dir,
    name: 'localhost/ghosts:1',
    layers,
    config: { ...sleep, User: 'nobody:ghosts' },
  });
  await writeOciLayout({ dir, name: 'localhost/idle:1', layers, config: {} });
  await importArchive(node.paths.socket, dir);
});
after(() => node[Symbol.asyncDispose]());

const cases: [title: string, pod: Omit<PodParts, 'name'>, reason: RegExp, message: RegExp][] = [
  [
    'an unknown user name',
    { container: { image: 'localhost/ghost:1' } },
    /^CreateContainerError$/,
    /run_as_username: unable to find user ghost: .*\/etc\/passwd/,
  ],
  [
    'no command at all',
    { container: { image: 'localhost/idle:1', command: undefined } },
    /^CreateContainerError$/,
    /command/,
  ],
  [
    'a command that is not there',
    { container: { command: ['/bin/none'] } },
    /^CreateContainerError$/,
    /\/bin\/none/,
  ],
  ['a command that is not in PATH', { container: { command: ['none'] } }, /^CreateContainerError$/, /none/],
  [
    'a command that is no program',
    { container: { command: ['/etc/passwd'] } },
    /^CreateContainerError$/,
    /\/etc\/passwd/,
  ],
  [
    'a working directory that is a file',
    { container: { workingDir: '/etc/passwd' } },
    /^CreateContainerError$/,
    /\/etc\/passwd/,
  ],
  [
    'a seccomp profile that is not there',
    { spec: { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'none.json' } } } },
    /./,
    /none\.json/,
  ],
  [
    'a memory limit that nothing can run in',
    { container: { resources: { limits: { memory: '4096' } } } },
    /./,
    /memory/,
  ],
];

for (const [title, parts, reason, message] of cases) {
  test(`${title}: /pods and the log name it`, async () => {
    await node.withoutTrace(async () => {
      const logged = node.berthd.output().length;
      await expectWaiting(node, { name: 'bad', ...parts }, reason, message);
      assert.match(node.berthd.output().slice(logged).replaceAll('\\"', '"'), message);
    });
  });
}

/** Writes a pod's and a container's configuration for crictl, with these parts of their `linux` objects. */
function crictlFiles(linux: { pod?: object; container?: object }, image = testImage): [string, string] {
  const { pod = {}, container = {} } = linux;
  const podFile = join(node.dir, 'pod-config.log');
  const containerFile = join(node.dir, 'container-config.log');
  const metadata = { name: 'bad', namespace: 'default', uid: randomUUID(), attempt: 0 };
  const command = ['/bin/sleep', '600'];
  writeFileSync(podFile, JSON.stringify({ metadata, linux: pod }));
  writeFileSync(
    containerFile,
    JSON.stringify({ metadata: { name: 'bad' }, image: { image }, command, linux: container }),
  );
  return [containerFile, podFile];
}

const badParents: [parent: string, message: RegExp][] = [
  ['/a/../../b', /linux\.cgroup_parent: "\/a\/\.\.\/\.\.\/b"/],
  ['kubepods.slice', /linux\.cgroup_parent: .*cgroupfs/],
];

for (const [cgroup_parent, message] of badParents) {
  test(`the cgroup parent ${cgroup_parent}`, async () => {
    await node.withoutTrace(async () => {
      const [, podFile] = crictlFiles({ pod: { cgroup_parent } });
      const { code, err } = await node.crictl('runp', podFile);
      assert.equal(code, 1);
      assert.match(err.replaceAll('\\"', '"'), message);
    });
  });
}

test('unknown users, groups and fields in requests of crictl', async () => {
  await node.withoutTrace(async () => {
    const linux = { cgroup_parent: node.paths.cgroupParent };
    const security_context = { run_as_username: 'ghost' };
    const files = crictlFiles({ pod: linux, container: { security_context } });
    const ghost = await node.crictl('run', '--no-pull', ...files);
    assert.equal(ghost.code, 1);
    assert.match(ghost.err, /config\.linux\.security_context\.run_as_username: .*ghost/);
    const ghosts = await node.crictl(
      'run',
      '--no-pull',
      ...crictlFiles({ pod: linux }, 'localhost/ghosts:1'),
    );
    assert.equal(ghosts.code, 1);
    assert.match(
      ghosts.err.replaceAll('\\"', '"'),
      /image config User "nobody:ghosts": .*ghosts.*\/etc\/group/,
    );
    const typo = await node.crictl(
      'run',
      '--no-pull',
      ...crictlFiles({ pod: { ...linux, cgroup_parnt: '/x' } }),
    );
    // A warning, as of the real one: scripts have files for other versions.
    assert.equal(typo.code, 0);
    assert.match(typo.err, /level=warning msg=.*unknown field .*cgroup_parnt/);
    // crictl run leaves the sandbox of a container that failed, as the real one does.
    for (const id of (await node.crictl('pods', '-q', '--name', 'bad')).out.trim().split('\n')) {
      if (id !== '') assert.equal((await node.crictl('rmp', '-f', id)).code, 0);
    }
  });
  assert.equal(readdirSync(join(node.paths.state, 'sandboxes')).length, 1);
});
