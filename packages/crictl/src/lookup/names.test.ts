import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { Container, PodSandbox } from '@berth/cri/generated/api.ts';
import { logTarget } from '../logs/target.ts';
import { resolveContainer, resolvePod } from './ids.ts';
import { imagesCalled } from './images.ts';
import { containerFits, namedContainers, namedPod, podFits } from './names.ts';

let clock = 0n;
const pod = (id: string, path: string, state: 0 | 1 = 0) => {
  const [namespace = '', name = ''] = path.split('/');
  return PodSandbox.fromPartial({ id, metadata: { namespace, name }, state, createdAt: clock++ });
};
/** State 1 runs, 2 has exited. */
const container = (id: string, podSandboxId: string, name: string, state: 1 | 2 = 1) =>
  Container.fromPartial({ id, podSandboxId, metadata: { name }, state, createdAt: clock++ });

const pods = [
  pod('90', 'shop/web', 1),
  pod('91', 'shop/web'),
  pod('92', 'test/web'),
  pod('93', 'shop/api'),
  pod('94', 'shop/twins'),
  pod('95', 'other/twins'),
  pod('96', 'old/gone', 1),
  pod('97', 'old/gone', 1),
  pod('98', 'api/main'),
];
const containers = [
  container('a0', '90', 'nginx', 2),
  container('a1', '91', 'nginx', 2),
  container('a2', '91', 'nginx'),
  container('a3', '91', 'sidecar'),
  container('a4', '92', 'nginx'),
  container('b0', '93', 'api'),
  container('b1', '93', 'proxy'),
  container('b2', '94', 'solo'),
  container('b3', '96', 'job', 2),
  container('b4', '97', 'job', 2),
  container('b5', '97', 'job', 2),
  container('b6', '98', 'main'),
  container('cafe', '94', 'a2'),
];

const containerCases: [word: string, id: string | readonly string[]][] = [
  ['a2', 'a2'],
  ['caf', 'cafe'],
  ['sidecar', 'a3'],
  ['shop/web/nginx', 'a2'],
  ['test/web/nginx', 'a4'],
  ['test/web', 'a4'],
  ['web/sidecar', 'a3'],
  ['api', 'b0'],
  ['shop/api', 'b0'],
  ['solo', 'b2'],
  ['job', 'b5'],
  ['gone', 'b5'],
  ['nothing', 'nothing'],
  ['shop/web/none', 'shop/web/none'],
  ['eb/nginx', 'eb/nginx'],
  ['nginx', ['a2', 'a4']],
  ['web/nginx', ['a2', 'a4']],
  ['shop/web', ['a2', 'a3']],
  ['api/main', 'b6'],
  ['b', ['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6']],
];
for (const [word, expected] of containerCases) {
  test(`the container ${word}`, async () => {
    const found = resolveContainer(word, containers, pods);
    if (typeof expected === 'string') assert.equal(await found, expected);
    else await assert.rejects(found, ({ message }: Error) => listsOnly(message, expected));
  });
}

const podCases: [word: string, id: string | readonly string[]][] = [
  ['92', '92'],
  ['shop/web', '91'],
  ['api', '93'],
  ['gone', '97'],
  ['nginx', 'nginx'],
  ['shop/web/nginx', 'shop/web/nginx'],
  ['web', ['91', '92']],
  ['twins', ['94', '95']],
  ['9', ['90', '91', '92', '93', '94', '95', '96', '97', '98']],
];
for (const [word, expected] of podCases) {
  test(`the pod ${word}`, async () => {
    const found = resolvePod(word, pods);
    if (typeof expected === 'string') assert.equal(await found, expected);
    else await assert.rejects(found, ({ message }: Error) => listsOnly(message, expected));
  });
}

function listsOnly(message: string, ids: readonly string[]): true {
  const [, ...rows] = message.split('\n').slice(1);
  assert.match(message, /^\w+( id)? ".*" is ambiguous, it matches \d+:\nID +POD +(NAME +)?STATE\n/);
  assert.deepEqual(
    rows.map((row) => row.split(' ')[0]),
    ids,
  );
  return true;
}

test('the candidates tell pod, name and state', async () => {
  await assert.rejects(resolveContainer('shop/web', containers, pods), {
    message: `container "shop/web" is ambiguous, it matches 2:
ID                  POD                 NAME                STATE
a2                  shop/web            nginx               Running
a3                  shop/web            sidecar             Running`,
  });
});

test('lists keep all that fits, attempts that ended too', () => {
  const named = namedContainers(containers, pods);
  const listed = (word: string) => named.filter((each) => containerFits(word, each)).map(({ id }) => id);
  assert.deepEqual(listed('nginx'), ['a0', 'a1', 'a2', 'a4']);
  assert.deepEqual(listed('shop/web'), ['a0', 'a1', 'a2', 'a3']);
  assert.deepEqual(listed('a'), ['a0', 'a1', 'a2', 'a3', 'a4']);
  const listedPods = (word: string) =>
    pods
      .map(namedPod)
      .filter((each) => podFits(word, each))
      .map(({ id }) => id);
  assert.deepEqual(listedPods('web'), ['90', '91', '92']);
  assert.deepEqual(listedPods('shop/web'), ['90', '91']);
});

const hosted = (name: string) => `${name}-${hostname().toLowerCase()}`;
const fromFile = { 'kubernetes.io/config.source': 'file' };
const staticPods = [
  ['c0', hosted('hello'), fromFile],
  ['c1', hosted('hello-world'), fromFile],
  ['c2', hosted('real'), fromFile],
  ['c3', 'real', {}],
  ['c4', hosted('managed'), {}],
] as const;
const onNode = staticPods.map(([id, name, annotations]) =>
  PodSandbox.fromPartial({ id, metadata: { namespace: 'default', name }, annotations }),
);
const inThem = onNode.map(({ id }) => container(`d${id}`, id, 'main'));

const staticCases: [word: string, pod: string, container: string][] = [
  ['hello', 'c0', 'dc0'],
  ['default/hello', 'c0', 'dc0'],
  [hosted('hello'), 'c0', 'dc0'],
  ['hello-world', 'c1', 'dc1'],
  ['real', 'c3', 'dc3'],
  ['managed', 'managed', 'managed'],
  ['hello/main', 'hello/main', 'dc0'],
  ['default/hello/main', 'default/hello/main', 'dc0'],
];
for (const [word, id, containerId] of staticCases) {
  test(`static pods: ${word}`, async () => {
    assert.equal(await resolvePod(word, onNode), id);
    assert.equal(await resolveContainer(word, inThem, onNode), containerId);
    assert.equal(logTarget(word, inThem, onNode).id, id.startsWith('c') ? id : containerId);
  });
}

test('a name of static pods that several have is ambiguous, and lists have them all', async () => {
  const other = PodSandbox.fromPartial({
    id: 'c5',
    metadata: { namespace: 'other', name: hosted('hello') },
    annotations: fromFile,
  });
  await assert.rejects(resolvePod('hello', [...onNode, other]), /pod "hello" is ambiguous, it matches 2/);
  assert.equal(await resolvePod('other/hello', [...onNode, other]), 'c5');
  const listed = [...onNode, other].map(namedPod).filter((each) => podFits('hello', each));
  assert.deepEqual(
    listed.map(({ id }) => id),
    ['c0', 'c5'],
  );
});

const images = [
  { id: '1', repoTags: ['reg:5000/team/app:1', 'reg:5000/team/app:2'], repoDigests: ['reg:5000/team/app@d'] },
  { id: '2', repoTags: ['docker.io/library/app:1'], repoDigests: [] },
  { id: '3', repoTags: [], repoDigests: ['docker.io/team/tool@e'] },
];
const imageCases: [word: string, ids: readonly string[]][] = [
  ['app', ['1', '2']],
  ['app:2', ['1']],
  ['team/app', ['1']],
  ['team/app:3', []],
  ['tool', ['3']],
  ['tool@e', ['3']],
  ['pp', []],
  ['reg', []],
  ['reg:5000/team/app', ['1']],
];
for (const [word, ids] of imageCases) {
  test(`the image ${word}`, () => {
    assert.deepEqual(
      imagesCalled(word, images).map(({ id }) => id),
      ids,
    );
  });
}
