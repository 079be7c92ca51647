// Networks that cannot be used: a broken conflist, and plugins that fail, hang, print garbage or are missing.
// The pod says which file or plugin it is, and comes up by itself once that is put right.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type FaultyNode,
  podManifest,
  startFaultyNode,
  untilForgotten,
  untilRunning,
  untilWaiting,
} from '@berth/test-support/faulty-node.ts';
import { until } from '@berth/test-support/until.ts';

let node: FaultyNode;
let goodConflist: string;

before(async () => {
  node = await startFaultyNode({ name: 'badnet' });
  goodConflist = readFileSync(node.conflist, 'utf8');
});
after(() => node[Symbol.asyncDispose]());

/** Replaces the network's configuration at once, and waits until berthd's log tells that it has read it. */
async function configure(conflist: string): Promise<void> {
  const logged = node.berthd.output().length;
  writeFileSync(`${node.conflist}.new`, conflist);
  renameSync(`${node.conflist}.new`, node.conflist);
  const isRead = async () => /(Selected CNI network|Skipping CNI)/.test(node.berthd.output().slice(logged));
  await until('berthd has read the conflist', isRead, node.berthd.output);
}

/** The good network with one more plugin at its end. */
function withPlugin(type: string): string {
  const list = JSON.parse(goodConflist);
  return JSON.stringify({ ...list, plugins: [...list.plugins, { type }] });
}

function writePlugin(type: string, script: string): void {
  writeFileSync(join(node.pluginDir, type), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** While the network is bad the pod waits with `message`; with a good one it runs; then it goes. */
async function expectNetworkFailure(message: RegExp, bringBack: () => Promise<void>): Promise<void> {
  node.write('bad.json', podManifest({ name: 'bad' }));
  await untilWaiting(node, 'bad', /^ContainerCreating$/, message);
  const logged = node.berthd.output().replaceAll('\\"', '"');
  assert.match(logged, message);
  await bringBack();
  await untilRunning(node, 'bad');
  node.remove('bad.json');
  await untilForgotten(node, 'bad');
}

const brokenConflists: [title: string, text: string, problem: RegExp][] = [
  ['no JSON', '{"cniVersion": "1.0.0", "name": ', /10-badnet\.conflist: .*JSON/],
  [
    'a name of the wrong type',
    '{"cniVersion": "1.0.0", "name": 5, "plugins": [{"type": "bridge"}]}',
    /name: must be a string/,
  ],
  ['no plugins', '{"cniVersion": "1.0.0", "name": "x", "plugins": []}', /10-badnet\.conflist: plugins: /],
  [
    'a plugin without type',
    '{"cniVersion": "1.0.0", "name": "x", "plugins": [{}]}',
    /10-badnet\.conflist: plugins\[0\]\.type: /,
  ],
];

for (const [title, text, problem] of brokenConflists) {
  test(`a conflist with ${title}`, async () => {
    await node.withoutTrace(async () => {
      await configure(text);
      const isTold = async () => problem.test((await node.crictl('info')).out.replaceAll('\\"', '"'));
      await until('crictl info tells why the network is not ready', isTold, () => node.berthd.output());
      await expectNetworkFailure(problem, () => configure(goodConflist));
    });
  });
}

test('a conflist with a version that no plugin knows', async () => {
  await node.withoutTrace(async () => {
    await configure('{"cniVersion": "9.0.0", "name": "badnet", "plugins": [{"type": "bridge"}]}');
    await expectNetworkFailure(/incompatible CNI versions; config is .*9\.0\.0/, () =>
      configure(goodConflist),
    );
  });
});

test('a broken conflist before a good one: the good one is used, and the log names the other', async () => {
  await node.withoutTrace(async () => {
    const broken = join(node.paths.cniConfDir, '05-broken.conflist');
    writeFileSync(broken, '{"name": ');
    const isTold = async () => node.berthd.output().includes('05-broken.conflist');
    await until('the log names the file', isTold, () => node.berthd.output());
    node.write('beside.json', podManifest({ name: 'beside' }));
    await untilRunning(node, 'beside');
    node.remove('beside.json');
    await untilForgotten(node, 'beside');
    rmSync(broken);
  });
});

const faultyPlugins: [title: string, script: string, problem: RegExp][] = [
  [
    'fails as the specification says',
    `[ $CNI_COMMAND = ADD ] || exit 0\necho '{"code":7,"msg":"no more room"}'; exit 1`,
    /CNI plugin faulty \(network badnet, ADD\): no more room/,
  ],
  [
    'fails without a word of JSON',
    '[ $CNI_COMMAND = ADD ] || exit 0\necho "out of luck" >&2; exit 3',
    /CNI plugin faulty \(network badnet, ADD\): failed with exit code 3: out of luck/,
  ],
  [
    'is killed by a signal',
    '[ $CNI_COMMAND = ADD ] || exit 0\nkill -SEGV $$',
    /CNI plugin faulty \(network badnet, ADD\): failed with signal SIGSEGV/,
  ],
  [
    'hangs',
    '[ $CNI_COMMAND = ADD ] || exit 0\nsleep 987654 & sleep 987655',
    /CNI plugin faulty \(network badnet, ADD\): did not end within 2 s and was killed/,
  ],
  [
    'prints garbage',
    '[ $CNI_COMMAND = ADD ] || exit 0\necho "<html>not json</html>"',
    /CNI plugin faulty \(network badnet, ADD\): .*<html>not json/,
  ],
  [
    'never stops printing',
    '[ $CNI_COMMAND = ADD ] || exit 0\nexec yes',
    /CNI plugin faulty \(network badnet, ADD\): printed too much and was killed/,
  ],
  [
    'gives no address',
    `[ $CNI_COMMAND = ADD ] || exit 0\necho '{"cniVersion":"1.0.0"}'`,
    /network badnet gave the pod no IP address/,
  ],
];

for (const [title, script, problem] of faultyPlugins) {
  test(`a plugin that ${title}`, async () => {
    await node.withoutTrace(async () => {
      writePlugin('faulty', script);
      await configure(withPlugin('faulty'));
      await expectNetworkFailure(problem, () => configure(goodConflist));
    });
  });
}

test('a plugin that is not installed', async () => {
  await node.withoutTrace(async () => {
    await configure(withPlugin('absent'));
    const problem = new RegExp(`absent.* is not installed; searched ${node.pluginDir}`);
    await expectNetworkFailure(problem, () => configure(goodConflist));
  });
});

test('a plugin that hangs when the pod goes: the pod goes once the plugin is put right', async () => {
  await node.withoutTrace(async () => {
    const passOn = `sed 's/.*"prevResult":\\(.*}\\)}$/\\1/'`;
    writePlugin('faulty', `[ $CNI_COMMAND = DEL ] && exec sleep 987656\n${passOn}`);
    await configure(withPlugin('faulty'));
    node.write('stuck.json', podManifest({ name: 'stuck' }));
    await untilRunning(node, 'stuck');
    node.remove('stuck.json');
    const problem = /CNI plugin faulty \(network badnet, DEL\): did not end within 2 s and was killed/;
    await until('the log tells', async () => problem.test(node.berthd.output()), node.berthd.output);
    writePlugin('faulty', passOn);
    await configure(goodConflist);
    await untilForgotten(node, 'stuck');
  });
});
