import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest, editDistance } from './closest.ts';
import { type Diagnosis, hint, type Probe } from './hint.ts';

const distances: [from: string, to: string, distance: number][] = [
  ['', '', 0],
  ['', 'abc', 3],
  ['nginx', 'nginx', 0],
  ['ngnix', 'nginx', 1],
  ['nginx', 'ngin', 1],
  ['kitten', 'sitting', 3],
];
for (const [from, to, distance] of distances) {
  test(`from "${from}" to "${to}"`, () => {
    assert.equal(editDistance(from, to), distance);
    assert.equal(editDistance(to, from), distance);
  });
}

const names = [
  'shop/web/nginx',
  'shop/web/sidecar',
  'test/web/nginx',
  'kube-system/coredns/coredns',
  'shop/db/postgres',
];
const images = [
  'docker.io/library/nginx:1.27',
  'localhost:5000/team/busybox:1',
  'registry.k8s.io/pause@sha256:aa',
];
const closestCases: [word: string, known: readonly string[], found: readonly string[]][] = [
  ['ngnix', names, ['shop/web/nginx', 'test/web/nginx']],
  ['web/ngin', names, ['shop/web/nginx', 'test/web/nginx']],
  ['shop/web/ngnix', names, ['shop/web/nginx', 'test/web/nginx']],
  ['postgre', names, ['shop/db/postgres']],
  ['dns', names, ['kube-system/coredns/coredns']],
  ['quite-other', names, []],
  ['x', names, []],
  ['nginx:1.72', images, ['docker.io/library/nginx:1.27']],
  ['busbox', images, ['localhost:5000/team/busybox:1']],
  ['docker.io/library/ngnix', images, ['docker.io/library/nginx:1.27']],
  ['puase', images, ['registry.k8s.io/pause@sha256:aa']],
  ['127.0.0.1:42091/busybox:1', ['127.0.0.1:42091/resized:1', ...images], ['localhost:5000/team/busybox:1']],
  ['web', [], []],
];
for (const [word, known, found] of closestCases) {
  test(`closest to ${word} of ${known.length}`, () => assert.deepEqual(closest(word, known), found));
}

const berthd = 'unix:///run/berth/berth.sock';
const containerd = 'unix:///run/containerd/containerd.sock';
const probes = (first: string | undefined, second: string | undefined): Probe[] => [
  { endpoint: berthd, problem: first },
  { endpoint: containerd, problem: second },
];
const unreachable = (endpoint: string | undefined, problem: string, all: Probe[]): Diagnosis => ({
  kind: 'unreachable',
  endpoint,
  problem,
  probes: all,
});
const other = 'unix:///run/other.sock';
const hints: [diagnosis: Diagnosis, isRoot: boolean, text: RegExp][] = [
  [
    unreachable(other, 'ENOENT', probes('ENOENT', 'EACCES')),
    false,
    /^tried berthd .*permission denied\); start/,
  ],
  [
    unreachable(undefined, '', probes('ENOENT', 'ECONNREFUSED')),
    true,
    /^tried berthd at \/run\/berth\/berth.sock \(no such file\), containerd at \/run\/containerd\/containerd.sock \(connection refused\); start a runtime, or set its endpoint with --runtime-endpoint, CONTAINER_RUNTIME_ENDPOINT or in \/etc\/crictl.yaml$/,
  ],
  [
    unreachable(undefined, '', probes('ENOENT', 'EACCES')),
    false,
    /^only root may access \/run\/containerd\/containerd.sock: retry with sudo$/,
  ],
  [
    unreachable(other, 'EACCES', probes('ENOENT', undefined)),
    false,
    /^only root may access \/run\/other.sock: retry with sudo$/,
  ],
  [
    unreachable(other, 'EACCES', probes('ENOENT', 'ENOENT')),
    true,
    /^\/run\/other.sock: permission denied, even for root$/,
  ],
  [
    unreachable(other, 'ENOENT', probes(undefined, 'EACCES')),
    false,
    /^found berthd at unix:\/\/\/run\/berth\/berth.sock: set its endpoint with /,
  ],
  [
    unreachable(berthd, 'ENOENT', probes('ENOENT', 'ENOENT')),
    true,
    /^tried berthd at .*; start a runtime, or/,
  ],
  [{ kind: 'slow', timeoutMs: 2000 }, true, /^the runtime took longer than 2s; raise --timeout$/],
  [{ kind: 'unauthorized' }, true, /--creds USERNAME/],
  [
    { kind: 'not-found', what: 'pod', word: 'wed', known: ['shop/web', 'shop/api'] },
    true,
    /^did you mean shop\/web\?$/,
  ],
  [
    { kind: 'not-found', what: 'pod', word: 'other', known: ['shop/web'] },
    true,
    /^crictl pods lists all pods$/,
  ],
  [{ kind: 'not-found', what: 'image', word: 'other', known: [] }, true, /^there are no images$/],
  [{ kind: 'not-found', what: 'command', word: 'pss', known: ['ps', 'pods'] }, true, /^did you mean ps\?$/],
];
for (const [diagnosis, isRoot, text] of hints) {
  test(`hint: ${text.source.slice(0, 50)}`, () => assert.match(hint(diagnosis, isRoot), text));
}
