// Daemons that cannot start: the socket, the directories or the port are another's, or a setting is wrong. Each
// names what is in the way; who was there first does not notice.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FaultyNode, startFaultyNode } from '@berth/test-support/faulty-node.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';

let node: FaultyNode;
const elsewhere = scratchDir('second');
const other = (name: string) => join(elsewhere.path, name);

before(async () => {
  node = await startFaultyNode({ name: 'badsock' });
});
after(async () => {
  elsewhere[Symbol.dispose]();
  await node[Symbol.asyncDispose]();
});

/** Runs a daemon that is expected to end by itself with exit code 1, and returns what it says. */
function refused(name: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(join(checkout, 'bin', name), args, {
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.equal(status, 1, `${name} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}

/** Arguments of a berthd that shares nothing with the node, but for what is given after them. */
function berthdArgs(...args: string[]): string[] {
  const config = other('config.yaml');
  const cni = `{ confDir: ${other('net.d')}, cacheDir: ${other('cni')} }`;
  mkdirSync(other('net.d'), { recursive: true });
  writeFileSync(
    config,
    `listen: ${other('sock')}\nroot: ${other('root')}\nstate: ${other('state')}\ncni: ${cni}\n`,
  );
  return ['--config', config, ...args];
}

test('a second berthd on the socket of the first', async () => {
  await node.withoutTrace(async () => {
    const said = refused('berthd', ...berthdArgs('--listen', node.paths.socket));
    assert.match(said, new RegExp(`${node.paths.socket}.*in use`));
  });
});

test('a second berthd on the directories of the first', async () => {
  await node.withoutTrace(async () => {
    for (const [flag, dir] of [
      ['--root', node.paths.root],
      ['--state', node.paths.state],
    ] as const) {
      assert.match(
        refused('berthd', ...berthdArgs(flag, dir)),
        new RegExp(`${dir} is in use by another berthd`),
      );
    }
  });
});

test('a socket path that is a file of somebody else', () => {
  const file = other('precious');
  writeFileSync(file, 'precious');
  assert.match(refused('berthd', ...berthdArgs('--listen', file)), new RegExp(`${file}`));
  assert.equal(readFileSync(file, 'utf8'), 'precious');
});

test('a second kubelet on the folder or the port of the first', async () => {
  await node.withoutTrace(async () => {
    const shared = [
      `--container-runtime-endpoint=${node.paths.socket}`,
      `--pod-manifest-path=${other('manifests')}`,
      '--fail-swap-on=false',
      '--port=0',
      '--healthz-port=0',
    ];
    const root = join(node.dir, 'kubelet');
    assert.match(
      refused('kubelet', ...shared, '--read-only-port=0', `--root-dir=${root}`),
      new RegExp(`${root}.*another kubelet runs with it`),
    );
    const port = new URL(node.url('/')).port;
    assert.match(
      refused('kubelet', ...shared, `--read-only-port=${port}`, `--root-dir=${other('kubelet')}`),
      new RegExp(`127\\.0\\.0\\.1:${port}: in use`),
    );
  });
});

test('settings that are wrong name the file and the field', () => {
  const config = other('wrong.yaml');
  const settings: [text: string, message: RegExp][] = [
    [
      'image: { maxLayerBytes: lots }',
      /wrong\.yaml:1:10: image\.maxLayerBytes: want a positive whole number/,
    ],
    ['cni: [', /wrong\.yaml:1:7: /],
  ];
  for (const [text, message] of settings) {
    writeFileSync(config, text);
    assert.match(refused('berthd', '--config', config), message);
  }
  const kubeletConfig =
    'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: many\n';
  writeFileSync(config, kubeletConfig);
  assert.match(refused('kubelet', '--config', config), /maxPods/);
  assert.match(
    refused('berthd', ...berthdArgs('--cgroup-parent', '/a/../b')),
    /cgroup.?parent.*\/a\/\.\.\/b/i,
  );
  assert.ok(!existsSync(other('sock')));
});
