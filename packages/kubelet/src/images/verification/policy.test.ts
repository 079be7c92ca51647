import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowlistProblem, type ImageVerification, mustVerify } from './policy.ts';

const allowlist = ['a.example/app', 'b.example/team/*', 'busybox'];
const cases: [policy: ImageVerification['policy'], image: string, byKubelet: boolean, verified: boolean][] = [
  ['NeverVerify', 'a', true, false],
  ['NeverVerifyPreloadedImages', 'a', false, false],
  ['NeverVerifyPreloadedImages', 'a', true, true],
  ['AlwaysVerify', 'a', false, true],
  ['NeverVerifyAllowlistedImages', 'a.example/app:1', true, false],
  ['NeverVerifyAllowlistedImages', 'a.example/app@sha256:12', true, false],
  ['NeverVerifyAllowlistedImages', 'a.example/app/b', true, true],
  ['NeverVerifyAllowlistedImages', 'b.example/team/app:1', true, false],
  ['NeverVerifyAllowlistedImages', 'b.example/teams/app', true, true],
  ['NeverVerifyAllowlistedImages', 'busybox:1', false, false],
  ['NeverVerifyAllowlistedImages', 'docker.io/library/busybox:1', false, true],
];
for (const [policy, image, byKubelet, verified] of cases) {
  test(`${policy}: ${image}${byKubelet ? ', pulled by the kubelet,' : ''} is ${verified ? '' : 'not '}verified`, () => {
    assert.equal(mustVerify({ policy, allowlist }, image, byKubelet), verified);
  });
}

for (const [entry, problem] of [
  ['a.example/app', undefined],
  ['a.example/*', undefined],
  [' a', /leading\/trailing spaces/],
  ['', /too short/],
  ['a*', /only patterns ending with '\/\*'/],
  ['a/*/b/*', /only patterns ending/],
  ['/*', /at least registry hostname/],
  ['a:1', /neither tag nor digest/],
  ['A b', /failed to parse as an image name/],
] as const) {
  test(`an allowlist with ${JSON.stringify(entry)}`, () => {
    if (problem === undefined) assert.equal(allowlistProblem(entry), undefined);
    else assert.match(allowlistProblem(entry) ?? '', problem);
  });
}
