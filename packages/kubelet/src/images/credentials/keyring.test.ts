import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsFor } from './keyring.ts';

for (const [repository, registries, want] of [
  ['a.example/app', ['a.example', 'b.example'], 'a.example'],
  [
    'a.example/app',
    ['https://a.example', 'http://a.example/', 'a.example/v2/', 'a.example/v1/'],
    'https://a.example http://a.example/ a.example/v2/ a.example/v1/',
  ],
  [
    'a.example/team/app',
    ['a.example', 'a.example/team', 'a.example/team/app', 'a.example/other'],
    'a.example/team/app a.example/team a.example',
  ],
  ['a.example/teams/app', ['a.example/team'], 'a.example/team'],
  ['a.example/app', ['a.example/v2/app'], 'a.example/v2/app'],
  ['a.example:5000/app', ['a.example', 'a.example:5000', 'a.example:50'], 'a.example:5000'],
  ['a.example/app', ['a.example:443'], ''],
  [
    'x.a.example/app',
    ['*.a.example', 'a.example', '*.*.example', '*', '*.example'],
    '*.a.example *.*.example',
  ],
  ['xyz.a.example/app', ['x*z.a.example', '*x*.a.example', 'x*y.a.example'], 'x*z.a.example *x*.a.example'],
  ['a.example:5000/app', ['*.example:5000', '*.example:*'], '*.example:5000'],
  ['127.0.0.1:5000/app', ['127.0.0.1:5000', 'localhost:5000'], '127.0.0.1:5000'],
  ['[::1]:5000/app', ['[::1]:5000', '[::2]:5000'], '[::1]:5000'],
  ['docker.io/library/busybox', ['https://index.docker.io/v1/', 'a.example'], 'https://index.docker.io/v1/'],
  ['docker.io/library/busybox', ['docker.io', 'https://index.docker.io/v1/'], 'docker.io'],
  ['docker.io/team/app', ['index.docker.io', 'docker.io/other'], 'index.docker.io'],
  ['a.example/app', ['https://index.docker.io/v1/', 'a b.example', '', 'https://'], ''],
  [
    'a.example/app',
    ['user@a.example', 'a.example?x', 'a.example#y'],
    'user@a.example a.example?x a.example#y',
  ],
  ['evil.example/a.example', ['a.example', 'example/a.example'], ''],
] as const) {
  test(`for ${repository} of ${registries.join(', ')}`, () => {
    const found = credentialsFor(
      repository,
      registries.map((registry) => ({ registry })),
    );
    assert.equal(found.map(({ registry }) => registry).join(' '), want);
  });
}
