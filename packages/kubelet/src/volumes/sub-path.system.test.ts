// A container exchanges what a subPath leads to for a symbolic link while the kubelet looks (CVE-2021-25741).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { unmount } from '@berth/linux/mounts/mount.ts';
import { bindSubPath } from './sub-path.ts';

const rounds = 6_000;

/** Exchanges the directory `part` for the link `link` and back, without end. A step that
 * somebody is in the way of (the subPath that was made meanwhile) is left out, and makes way for the next. */
const exchangerScript = `
const { renameSync, rmSync } = await import('node:fs');
process.chdir(process.argv[1]);
const step = (from, to) => {
  try { renameSync(from, to); } catch { rmSync('aside', { recursive: true, force: true }); }
};
console.log('started');
for (;;) {
  step('part', 'aside');
  step('link', 'part');
  step('part', 'link');
  step('aside', 'part');
}`;

/** What is at `path` of the volume, and what the subPath shows of it: the name of the file in it, or why not. */
const layouts: [what: string, subPath: string, shown: string | RegExp][] = [
  ['a directory', 'part', 'inside'],
  ['a dot on the way', 'part/./deep', 'deeper'],
  ['dots and slashes', './/part/.//deep/.', 'deeper'],
  ['the volume itself', '.', 'part'],
  ['an absolute link within', 'absolute', 'inside'],
  ['an absolute link to the volume', 'self/part', 'inside'],
  ['a relative link within', 'relative', 'inside'],
  ['links by links', 'chain/deep', 'deeper'],
  ['something new below an absolute link', 'absolute/new/./er', ''],
  ['an absolute link to the outside', 'out', /leads out of the volume/],
  ['an absolute link to a neighbour of the same beginning', 'beside', /leads out of the volume/],
  ['something new below a link to the outside', 'out/new', /leads out of the volume/],
  ['a relative link to the outside', 'up', /leads out of the volume/],
  ['a link by a link to the outside', 'chain-out', /leads out of the volume/],
  ['a link to itself', 'loop', /ELOOP|leads out of the volume/],
  ['a link to nothing', 'nowhere', /leads out of the volume/],
  ['steps back', 'part/../part', /must not contain '\.\.'/],
];

for (const [what, subPath, shown] of layouts) {
  test(`a subPath of ${what}`, () => {
    const dir = mkdtempSync(join(tmpdir(), 'berth-sub-path-'));
    const [volume, outside, target] = [join(dir, 'volume'), join(dir, 'volume2'), join(dir, 'target')];
    try {
      mkdirSync(join(volume, 'part/deep'), { recursive: true });
      mkdirSync(outside);
      writeFileSync(join(volume, 'part/deep/deeper'), '');
      writeFileSync(join(volume, 'part/inside'), '');
      for (const [name, to] of [
        ['absolute', join(volume, 'part')],
        ['self', volume],
        ['relative', 'part'],
        ['chain', 'absolute'],
        ['out', '/etc'],
        ['beside', outside],
        ['up', '../volume2'],
        ['chain-out', 'beside'],
        ['loop', 'loop'],
        ['nowhere', join(volume, 'missing/too')],
      ] as const) {
        symlinkSync(to, join(volume, name));
      }
      if (typeof shown !== 'string') {
        assert.throws(() => bindSubPath(volume, subPath, target), shown);
        assert.deepEqual(readdirSync(outside), []);
        return;
      }
      bindSubPath(volume, subPath, target);
      const names = readdirSync(target);
      assert.ok(shown === '' ? names.length === 0 : names.includes(shown), names.join());
      if (shown === '') assert.ok(existsSync(join(volume, 'part/new/er')));
    } finally {
      unmount(target, { detach: true, ifMounted: true });
      rmSync(dir, { recursive: true });
    }
  });
}

for (const [what, subPath] of [
  ['a directory', 'part'],
  ['directories that are missing', 'part/deep/er'],
  ['an absolute link', 'absolute/part'],
] as const) {
  test(`${rounds} races for a subPath of ${what} lead nowhere (CVE-2021-25741)`, {
    timeout: 300_000,
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
  symlinkSync(volume, join(volume, 'absolute'));
  const exchanger = spawn(process.execPath, ['--input-type=module', '-e', exchangerScript, volume], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(exchanger, 'exit');
  try {
    await once(exchanger.stdout, 'data');
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
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
    t.diagnostic(`${refused} of ${rounds} were refused`);
    assert.ok(refused > 0 && refused < rounds, `${refused} of ${rounds} were refused: there was no race`);
  } finally {
    exchanger.kill('SIGKILL');
    await ended;
    unmount(target, { detach: true, ifMounted: true });
    rmSync(dir, { recursive: true });
  }
}
