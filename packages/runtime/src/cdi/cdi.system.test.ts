// Devices of CDI specifications in containers, with each OCI runtime of the distribution.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mknod } from '@berth/linux/files/mknod.ts';
import { startDaemon } from '../daemon.ts';
import { createLogger } from '../logging/log.ts';
import { failsWith, PodCalls } from '../testing/pod-calls.ts';
import { TestNode } from '../testing/test-node.ts';

let node: TestNode;
let pods: PodCalls;
let daemon: { close(): Promise<void> };
const specDir = (name: string) => join(node.dir, 'cdi', name);
const warnings: string[] = [];

before(async () => {
  node = await TestNode.start('rt-cdi');
  pods = new PodCalls(node);
  await node.close();
  for (const name of ['etc', 'run']) mkdirSync(specDir(name), { recursive: true });
  daemon = await startDaemon(
    { ...node.config, cdi: { specDirs: [specDir('etc'), specDir('run')] } },
    createLogger('warning', (line) => warnings.push(line)),
  );
});
after(async () => {
  await daemon.close();
  await node[Symbol.asyncDispose]();
});

for (const handler of ['crun', 'runc']) {
  test(`devices, mounts, environment, groups and hooks, with ${handler}`, { timeout: 600_000 }, async () => {
    const trace = join(node.dir, `${handler}-hook`);
    const hook = join(node.dir, 'hook.sh');
    writeFileSync(hook, `#!/bin/sh\ncat > ${trace}\n`);
    chmodSync(hook, 0o755);
    writeFileSync(join(node.dir, 'library'), 'library');
    mknod(join(node.dir, `${handler}-fuse`), { type: 'character', major: 10, minor: 229, mode: 0o600 });
    writeFileSync(
      join(specDir('etc'), 'vendor.yaml'),
      `cdiVersion: "0.7.0"
kind: vendor.com/device
containerEdits:
  env: [VENDOR=every]
devices:
  - name: zero
    containerEdits:
      env: [DEVICE=zero]
      deviceNodes:
        - {path: /dev/vendor0, hostPath: ${join(node.dir, `${handler}-fuse`)}, permissions: r}
      mounts:
        - {hostPath: ${join(node.dir, 'library')}, containerPath: /lib/vendor.so, options: [ro, bind, nosuid]}
      additionalGids: [4711]
      hooks:
        - {hookName: createRuntime, path: ${hook}, args: [hook]}
`,
    );
    const sandbox = await pods.runPod(`cdi-${handler}`, {}, handler);
    const container = await pods.startContainer(sandbox, ['/bin/sleep', '631'], {
      CDIDevices: [{ name: 'vendor.com/device=zero' }],
      annotations: { 'cdi.k8s.io/legacy': 'vendor.com/device=zero' },
    });
    const seen = await pods.shell(
      container,
      'echo $VENDOR $DEVICE; stat -c %t:%T /dev/vendor0; (: < /dev/vendor0) && echo readable; (: > /dev/vendor0) 2>/dev/null || echo no-write; cat /lib/vendor.so; echo; id -G',
    );
    const lines = seen.split('\n');
    assert.deepEqual(lines.slice(0, 5), ['every zero', 'a:e5', 'readable', 'no-write', 'library']);
    assert.match(lines[5] ?? '', /\b4711\b/);
    assert.equal(JSON.parse(readFileSync(trace, 'utf8')).id, container);
    await pods.removePod(sandbox);
  });
}

test('changes count at once; what is missing is told in the words of the CDI library', async () => {
  const sandbox = await pods.runPod('cdi-change');
  const request = (name: string) => ({ CDIDevices: [{ name }] });
  const missing = failsWith(
    'NOT_FOUND',
    /^CDI device injection failed: unresolvable CDI devices other.com\/x=1$/,
  );
  await assert.rejects(pods.makeContainer(sandbox, ['/bin/true'], request('other.com/x=1')), missing);
  writeFileSync(join(specDir('run'), 'broken.json'), '{');
  const path = join(specDir('run'), 'other.json');
  const edits = (more: object) =>
    JSON.stringify({
      cdiVersion: '0.5.0',
      kind: 'other.com/x',
      devices: [{ name: '1', containerEdits: more }],
    });
  writeFileSync(path, edits({ env: ['OTHER=1'] }));
  const container = await pods.startContainer(sandbox, ['/bin/sleep', '632'], request('other.com/x=1'));
  assert.equal(await pods.shell(container, 'echo $OTHER'), '1');
  assert.match(warnings.join('\n'), /failed to load CDI Spec .*broken\.json/);
  writeFileSync(path, edits({ deviceNodes: [{ path: '/dev/no-such' }] }));
  await assert.rejects(
    pods.makeContainer(sandbox, ['/bin/true'], {
      ...request('other.com/x=1'),
      metadata: { name: 'b', attempt: 0 },
    }),
    failsWith('FAILED_PRECONDITION', /failed to stat CDI host device "\/dev\/no-such"/),
  );
  rmSync(path);
  await assert.rejects(
    pods.makeContainer(sandbox, ['/bin/true'], {
      ...request('other.com/x=1'),
      metadata: { name: 'c', attempt: 0 },
    }),
    missing,
  );
  await pods.removePod(sandbox);
  assert.equal(existsSync(join(node.dir, 'state/containers', container)), false);
});
