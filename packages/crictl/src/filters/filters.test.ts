import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { Image } from '@berth/cri/generated/api.ts';
import { loadContainerConfig, parseContainerConfig, parsePodConfig } from '../create/config-files.ts';
import { allSettled, describeError, within } from '../errors/describe.ts';
import { withId } from '../lookup/ids.ts';
import { podStateName, stateName } from '../output/state-names.ts';
import { linuxResources } from '../update/linux-resources.ts';
import { stateFilter } from './containers.ts';
import { applyFilter, repositoriesAndTags, repositoryAndDigest } from './images.ts';
import { newest, parseLabels } from './labels.ts';
import { podStateFilter } from './pods.ts';

const image = (id: string, repoTags: string[], repoDigests: string[] = []) =>
  Image.fromPartial({ id, repoTags, repoDigests });

test('a prefix stands for the ids that it fits', () => {
  const fitting = (given: string, ...known: string[]) =>
    withId(
      given,
      known.map((id) => ({ id })),
    ).map(({ id }) => id);
  assert.deepEqual(fitting('d', 'abc1', 'abc2', 'def'), ['def']);
  assert.deepEqual(fitting('ab', 'abc1', 'abc2', 'def'), ['abc1', 'abc2']);
  assert.deepEqual(fitting('xyz', 'abc1'), []);
  assert.deepEqual(fitting('abc', 'abc', 'abcd'), ['abc'], 'a whole id is never ambiguous');
});

test('labels are pairs', () => {
  assert.deepEqual(parseLabels(['a=1', 'b=']), { a: '1', b: '' });
  assert.throws(() => parseLabels(['a']), /incorrectly specified label: a/);
  assert.throws(() => parseLabels(['a=b=c']), /incorrectly specified label: a=b=c/);
});

test('the newest come first', () => {
  const items = [{ createdAt: 1n }, { createdAt: 3n }, { createdAt: 2n }];
  const times = (latest: boolean, last: number) =>
    newest(items, { latest, last }).map(({ createdAt }) => createdAt);
  assert.deepEqual(times(false, 0), [3n, 2n, 1n]);
  assert.deepEqual(times(true, 0), [3n]);
  assert.deepEqual(times(false, 2), [3n, 2n]);
  assert.deepEqual(times(true, 9), [3n, 2n, 1n]);
});

test('states are asked for by name', () => {
  const ask = (state: string, rest = {}) =>
    stateFilter({ state, all: false, latest: false, last: 0, ...rest });
  assert.deepEqual(ask(''), { state: 1 });
  assert.deepEqual(ask('EXITED'), { state: 2 });
  assert.equal(ask('', { all: true }), undefined);
  assert.equal(ask('exited', { latest: true }), undefined);
  assert.equal(ask('', { last: 2 }), undefined);
  assert.throws(() => ask('dead'), /--state should be one of/);
  assert.equal(stateName(2), 'Exited');
  assert.deepEqual(podStateFilter('NotReady'), { state: 1 });
  assert.throws(() => podStateFilter('up'), /--state should be ready or notready/);
  assert.equal(podStateName(1), 'NotReady');
});

test('images have a row for each tag', () => {
  const digest = 'reg/app@sha256:aa';
  const cases: [Image, [string, string][]][] = [
    [
      image('1', ['reg:5000/app:1', 'reg:5000/app:2']),
      [
        ['reg:5000/app', '1'],
        ['reg:5000/app', '2'],
      ],
    ],
    [image('1', [], [digest]), [['reg/app', '<none>']]],
    [image('1', []), [['<none>', '<none>']]],
    [image('1', ['<none>:1'], [digest]), [['reg/app', '1']]],
    [image('1', ['odd']), [['errorRepoTag', 'errorRepoTag']]],
  ];
  for (const [given, expected] of cases) assert.deepEqual(repositoriesAndTags(given), expected);
  assert.deepEqual(repositoryAndDigest(image('1', [], ['odd'])), ['errorName', 'errorRepoDigest']);
});

test('images are narrowed by filters', () => {
  const images = [
    image('a1', ['r/a:1'], ['r/a@sha256:1']),
    image('b2', [], ['r/b@sha256:2']),
    image('c3', ['r/c:3'], ['r/c@sha256:3']),
  ];
  const cases: [string, string[]][] = [
    ['dangling=true', ['b2']],
    ['dangling=false', ['a1', 'c3']],
    ['reference=/[ac]$', ['a1', 'c3']],
    ['since=r/c:3', ['a1', 'b2']],
    ['before=r/a:1', ['b2', 'c3']],
    ['since=b', ['a1']],
    ['since=r/b@sha256:2', ['a1']],
  ];
  for (const [filter, expected] of cases) {
    assert.deepEqual(
      applyFilter(images, filter).map(({ id }) => id),
      expected,
      filter,
    );
  }
  assert.throws(() => applyFilter(images, 'size=1'), /unknown filter flag: size=1/);
});

test('limits are told in the words of the CRI', () => {
  const flags = {
    'cpu-count': 1n,
    'cpu-maximum': 2n,
    'cpu-period': 3n,
    'cpu-quota': 4n,
    'cpu-share': 5n,
    memory: 6n,
    'cpuset-cpus': '0-1',
    'cpuset-mems': '0',
    'oom-score-adj': '',
  };
  const limits = {
    cpuPeriod: 3n,
    cpuQuota: 4n,
    cpuShares: 5n,
    memoryLimitInBytes: 6n,
    cpusetCpus: '0-1',
    cpusetMems: '0',
  };
  const scores: [string, bigint][] = [
    ['', 0n],
    ['-999', -999n],
    ['500', 500n],
  ];
  for (const [score, oomScoreAdj] of scores) {
    assert.deepEqual(linuxResources({ ...flags, 'oom-score-adj': score }), { ...limits, oomScoreAdj });
  }
  assert.throws(
    () => linuxResources({ ...flags, 'oom-score-adj': 'much' }),
    /invalid value "much" for flag -oom-score-adj: parse error/,
  );
});

test('pod and container files are checked', () => {
  const warnings: string[] = [];
  const logger = { warning: (text: string) => warnings.push(text) };
  const metadata = { name: 'n', namespace: 'd' };
  const pod = parsePodConfig('p', { metadata, linux: {} }, logger);
  assert.match(pod.metadata?.uid ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(warnings.length, 1);
  assert.throws(() => parsePodConfig('p', {}, logger), /metadata is not set/);
  assert.throws(
    () => parsePodConfig('p', { metadata: { name: 'n' } }, logger),
    /name or namespace is not in metadata "name:\\"n\\" uid:/,
  );
  parsePodConfig('p', { metadata, loglevel: 1 }, logger);
  assert.match(warnings[1] ?? '', /^p: unknown field "loglevel"/);
  assert.throws(() => parsePodConfig('p', { metadata: 'n' }, logger), /^Error: p: metadata: expected/);
  const loose = { metadata: { Name: 0o17, namespace: true, uid: 2n ** 60n }, labels: { a: 1.5, b: null } };
  const read = parsePodConfig('p', loose, logger);
  assert.deepEqual(read.metadata, { name: '15', namespace: 'true', uid: '1152921504606846976', attempt: 0 });
  assert.deepEqual(read.labels, { a: '1.5', b: '' });
  const container = parseContainerConfig('c', { metadata: { name: 'c' }, image: { image: 'i' } }, logger);
  assert.equal(container.image?.userSpecifiedImage, 'i');
  assert.throws(() => parseContainerConfig('c', { metadata: { name: 'c' } }, logger), /image is not set/);
  assert.throws(
    () => parseContainerConfig('c', { metadata: { name: 'c' }, image: {} }, logger),
    /image field is not set in image ""/,
  );
});

test('errors tell what was being done', async () => {
  const failed = new CriError('FAILED_PRECONDITION', 'busy');
  assert.equal(describeError(failed), 'rpc error: code = FailedPrecondition desc = busy');
  await assert.rejects(
    within('a', () => within('b', () => Promise.reject(failed))),
    { message: 'a: b: rpc error: code = FailedPrecondition desc = busy' },
  );
  const fail = (text: string) => async () => {
    throw new Error(text);
  };
  await assert.rejects(allSettled([fail('x'), async () => {}, fail('y')]), { message: 'x\ny' });
  await assert.rejects(allSettled([fail('x')]), { message: 'x' });
});

test('a configuration in YAML has the numbers, booleans and merge keys of Go tools', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crictl-config-'));
  const logger = { warning: () => {} };
  try {
    const path = join(dir, 'container.yaml');
    const text = `metadata: {name: 017}
image: {image: busybox}
x: &x {readonly_rootfs: on}
tty: yes
linux:
  security_context: {<<: *x, run_as_user: {value: 0o17}}
  resources: {memory_limit_in_bytes: 9_007_199_254_740_993, cpu_shares: 0x10}
`;
    for (const content of [text, Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      writeFileSync(path, content);
      const { metadata, tty, linux } = await loadContainerConfig(path, logger);
      assert.equal(metadata?.name, '15');
      assert.equal(tty, true);
      assert.equal(linux?.securityContext?.readonlyRootfs, true);
      assert.equal(linux?.securityContext?.runAsUser?.value, 15n);
      assert.equal(linux?.resources?.memoryLimitInBytes, 9_007_199_254_740_993n);
      assert.equal(linux?.resources?.cpuShares, 16n);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
