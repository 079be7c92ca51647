// A container exchanges what a subPath leads to for a symbolic link while the kubelet looks (CVE-2021-25741).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { unmount } from '@berth/linux/mount.ts';
import { bindSubPath } from './sub-path.ts';

const ROUNDS = 6_000;

/** Exchanges the directory `part` for the link `link` and back, without end. A step that somebody is in the way of is left out. */
const EXCHANGER = `
const { renameSync } = await import('node:fs');
process.chdir(process.argv[1]);
const step = (from, to) => { try { renameSync(from, to); } catch {} };
console.log('started');
for (;;) {
  step('part', 'aside');
  step('link', 'part');
  step('part', 'link');
  step('aside', 'part');
}`;

for (const [what, subPath] of [
  ['a directory', 'part'],
  ['directories that are missing', 'part/deep/er'],
] as const) {
  test(`${ROUNDS} races for a subPath of ${what} lead nowhere (CVE-2021-25741)`, {
    timeout: 120_000,
  }, async (t) => {
    await race(t, subPath);
  });
}

async function race(t: TestContext, subPath: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'berth-sub-path-'));
  const [volume, outside, target] = ['volume', 'outside', 'target'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(join(volume, 'part'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), '');
  symlinkSync(outside, join(volume, 'link'));
  const exchanger = spawn(process.execPath, ['--input-type=module', '-e', EXCHANGER, volume], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(exchanger, 'exit');
  try {
    await once(exchanger.stdout, 'data');
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      try {
        bindSubPath(volume, subPath, target);
        assert.ok(!existsSync(join(target, 'secret')), 'the subPath shows what is outside');
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        refused += 1;
      }
      unmount(target, { detach: true, ifMounted: true });
      // Lets a test that is stopped stop.
      if (round % 500 === 0) await delay(1);
    }
    assert.deepEqual(readdirSync(outside), ['secret'], 'nothing is made outside');
    t.diagnostic(`${refused} of ${ROUNDS} were refused`);
    assert.ok(refused > 0 && refused < ROUNDS, `${refused} of ${ROUNDS} were refused: there was no race`);
  } finally {
    exchanger.kill('SIGKILL');
    await ended;
    unmount(target, { detach: true, ifMounted: true });
    rmSync(dir, { recursive: true });
  }
}
