// Names in place of ids, in each kind of command, against berthd.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testImage } from '@berth/test-support/pods.ts';
import { CrictlNode } from '../testing/crictl-node.ts';

let node: CrictlNode;
const ids: Record<string, string> = {};
const sleep = 'sleep 3600';

before(async () => {
  node = await CrictlNode.start('names');
  ids.web = await node.pod('shop/web');
  ids.other = await node.pod('test/web');
  ids.api = await node.pod('shop/api');
  ids.nginx = await node.container(ids.web, 'nginx', sleep);
  ids.sidecar = await node.container(ids.web, 'sidecar', sleep);
  ids.otherNginx = await node.container(ids.other, 'nginx', sleep);
  ids.main = await node.container(ids.api, 'main', 'echo hello; sleep 3600');
});
after(() => node?.[Symbol.asyncDispose]());

function succeed(...args: string[]): string {
  const { code, out, err } = node.crictl(...args);
  assert.equal(code, 0, `crictl ${args.join(' ')}: ${err}`);
  return out;
}

function refuse(message: RegExp, ...args: string[]): void {
  const { code, err } = node.crictl(...args);
  assert.equal(code, 1);
  assert.match(err.replaceAll('\\"', '"'), message);
}

const lines = (text: string) => new Set(text.split('\n'));

test('containers by name, by their pod, and by both', () => {
  const idOf = (word: string) => JSON.parse(succeed('inspect', word)).status.id;
  assert.equal(idOf('sidecar'), ids.sidecar);
  assert.equal(idOf('web/sidecar'), ids.sidecar);
  assert.equal(idOf('shop/web/nginx'), ids.nginx);
  assert.equal(idOf('api'), ids.main);
  assert.equal(idOf('shop/api'), ids.main);
  assert.equal(succeed('exec', '-s', 'api', 'echo', 'ran').trim(), 'ran');
  assert.equal(succeed('logs', 'api/main'), 'hello');
});

test('a name that fits several is refused with them', () => {
  const candidates = new RegExp(
    `container "nginx" is ambiguous, it matches 2:.*${ids.nginx} +shop/web +nginx +Run`,
  );
  refuse(candidates, 'inspect', 'nginx');
  refuse(candidates, 'rm', 'nginx');
  refuse(/pod "web" is ambiguous, it matches 2:.*shop\/web +Ready.*test\/web +Ready/, 'stopp', 'web');
  refuse(/code = NotFound desc = .*none/, 'inspect', 'none');
});

test('lists narrowed by names', () => {
  const { nginx, sidecar, otherNginx, main, web, other } = ids;
  const listed = (...args: string[]) => lines(succeed('ps', '-q', ...args));
  assert.deepEqual(listed('nginx'), lines(`${nginx}\n${otherNginx}`));
  assert.deepEqual(listed('shop/web'), lines(`${nginx}\n${sidecar}`));
  assert.deepEqual(listed('sidecar', 'shop/api/main'), lines(`${sidecar}\n${main}`));
  assert.deepEqual(listed('--pod', 'shop/web'), lines(`${nginx}\n${sidecar}`));
  assert.deepEqual(listed('--id', 'web/sidecar'), lines(`${sidecar}`));
  assert.deepEqual(listed('--id', 'none'), lines(''));
  assert.deepEqual(lines(succeed('pods', '-q', 'web')), lines(`${web}\n${other}`));
  assert.deepEqual(lines(succeed('pods', '-q', '--id', 'test/web')), lines(`${other}`));
  assert.deepEqual(lines(succeed('images', '-q', 'busybox:1')), lines(succeed('images', '-q', testImage)));
});

test('images by the end of their name', () => {
  const { id } = JSON.parse(succeed('inspecti', testImage)).status;
  assert.equal(JSON.parse(succeed('inspecti', 'busybox')).status.id, id);
  assert.equal(lines(succeed('ps', '-q', '--image', 'busybox')).size, 4);
  refuse(/no such image "box" present/, 'inspecti', 'box');
});

test('a new attempt takes the name over; stop, rm and rmp take names', async () => {
  const { api = '' } = ids;
  assert.equal(succeed('stop', 'api/main'), 'api/main');
  const again = await node.container(api, 'main', sleep, 1);
  assert.equal(JSON.parse(succeed('inspect', 'main')).status.id, again);
  assert.equal(succeed('rm', '-f', 'main'), 'main\nmain');
  assert.equal(succeed('rm', 'main'), 'main', 'the attempt before it');
  assert.match(succeed('rmp', '-f', 'shop/api'), /Removed sandbox shop\/api/);
  assert.equal(succeed('pods', '-q', 'api'), '');
});
