// What crictl says below an error: on a terminal a hint, to scripts nothing.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { crictl } from '@berth/test-support/crictl.ts';
import { CrictlNode } from '../testing/crictl-node.ts';
import { Terminal } from '../testing/terminal.ts';

let node: CrictlNode;
const config = 'CRI_CONFIG_FILE=/dev/null';

before(async () => {
  node = await CrictlNode.start('hints');
  const pod = await node.pod('shop/web');
  await node.container(pod, 'nginx', 'sleep 3600');
});
after(() => node?.[Symbol.asyncDispose]());

/** What the command prints on a terminal, unwrapped. */
async function onTerminal(words: string[], before = config): Promise<string> {
  using terminal = new Terminal(
    node.node.dir,
    { columns: 500, rows: 24 },
    `${before} ${crictl} ${words.join(' ')}; echo exit $?`,
  );
  return await terminal.shows(/exit \d+/);
}

const cases: [words: string[], error: RegExp, hint: string][] = [
  [['inspect', 'ngnix'], /desc = .*not/, 'did you mean shop/web/nginx?'],
  [['logs', 'ngnix'], /desc = .*not/, 'did you mean shop/web/nginx?'],
  [['rmp', 'shop/wbe'], /desc = .*not/, 'did you mean shop/web?'],
  [['inspectp', 'quite-other'], /desc = .*not/, 'crictl pods lists all pods'],
  [
    ['inspecti', 'busybax'],
    /no such image "busybax" present/,
    'did you mean localhost/berth-test/busybox:1?',
  ],
  [['rmi', 'busybax'], /no such image busybax/, 'did you mean localhost/berth-test/busybox:1?'],
];
for (const [words, error, hint] of cases) {
  test(`crictl ${words.join(' ')}`, async () => {
    const screen = await onTerminal([...node.words, ...words]);
    assert.match(screen, error);
    assert.ok(screen.includes(`\nhint: ${hint}\n`), screen);
    assert.equal(node.crictl(...words).err.includes('hint'), false);
  });
}

test('a command that is none', async () => {
  assert.match(
    await onTerminal(['inspetc', 'x']),
    /\nhint: did you mean inspect or inspecti or inspectp\?\nexit 3/,
  );
  assert.equal(node.crictl('inspetc').err.includes('hint'), false);
});

test('a socket that is not there: what was looked for, and how to name one', async () => {
  const screen = await onTerminal(['-r', 'unix:///run/berth-test-none.sock', 'ps']);
  assert.match(screen, /no such file or directory/);
  assert.match(
    screen,
    /\nhint: (tried berthd at|found) .* set its endpoint with --runtime-endpoint, CONTAINER_/,
  );
});

test('a socket that is not for this user: sudo', async () => {
  const { dir, socket } = node.node;
  chmodSync(dir, 0o711);
  const words = ['-r', `unix://${socket}`, 'ps'];
  // The checkout may be root's: this may read it, and no more.
  const reads = '--inh-caps +dac_read_search --ambient-caps +dac_read_search';
  const asNobody = `${config} setpriv --reuid 65534 --regid 65534 --clear-groups ${reads}`;
  const screen = await onTerminal(words, asNobody);
  assert.match(screen, /permission denied/);
  assert.match(
    screen,
    new RegExp(
      `\nhint: only root may access ${join(dir, 'berth.sock')}: retry with sudo, or give your group the socket .*\n`,
    ),
  );
});
