import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { boundingCapabilities } from '../security/capabilities.ts';
import { clampOomScoreAdj } from './oom-score.ts';
import { clampRlimit, RLIM_INFINITY } from './rlimits.ts';

for (const wanted of [-1000, -997, 0, 500, 1000, 4000]) {
  test(`the clamped oom_score_adj for ${wanted} is accepted by the kernel`, () => {
    const clamped = clampOomScoreAdj(wanted);
    const script = `echo ${clamped} > /proc/self/oom_score_adj && cat /proc/self/oom_score_adj`;
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(Number(stdout), clamped);
    assert.ok(clamped >= Math.min(wanted, 1000));
  });
}

test('the clamped limit is accepted by the kernel', () => {
  const { soft, hard } = clampRlimit({ type: 'RLIMIT_NOFILE', soft: 1n << 19n, hard: RLIM_INFINITY });
  const { status, stderr } = spawnSync('bash', ['-c', `ulimit -Hn ${hard} && ulimit -Sn ${soft}`], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});

test('the bounding set is the one in /proc', () => {
  const mask = /CapBnd:\t(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const bits = [...BigInt(`0x${mask}`).toString(2)].filter((bit) => bit === '1').length;
  assert.equal(boundingCapabilities().length, bits);
});
