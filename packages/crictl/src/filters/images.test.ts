import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Image } from '@berth/cri/generated/api.ts';
import { applyFilter, repositoriesAndTags, repositoryAndDigest } from './images.ts';

const image = (id: string, repoTags: string[], repoDigests: string[] = []) =>
  Image.fromPartial({ id, repoTags, repoDigests });

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

test('images are narrowed by filters', async () => {
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
      (await applyFilter(images, filter)).map(({ id }) => id),
      expected,
      filter,
    );
  }
  await assert.rejects(applyFilter(images, 'size=1'), /unknown filter flag: size=1/);
});
