// kill -9 while a volume is written: a container never sees half of a version, and the next writer leaves nothing over.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { writeAtomically } from './atomic-writer.ts';

const kills = 40;

/** Writes version after version: each has its number in all of its files, and a file that is called like it. */
const writerScript = `
const { writeAtomically } = await import(${JSON.stringify(join(import.meta.dirname, 'atomic-writer.ts'))});
console.log('started');
for (let version = Number(process.argv[2]); ; version++) {
  const paths = ['a', 'b', 'd/c', 'd/e/f', 'v' + version];
  const files = new Map(paths.map((path) => [path, { data: Buffer.from(String(version)), mode: 0o644 }]));
  await writeAtomically(process.argv[1], files, async () => {});
}`;

test(`${kills} kills of a writer`, { timeout: 300_000 }, async (t) => {
  const volume = mkdtempSync(join(tmpdir(), 'berth-atomic-writer-'));
  let interrupted = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const first = String(kill * 1_000_000);
      const writer = spawn(process.execPath, ['--input-type=module', '-e', writerScript, volume, first], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(writer, 'exit');
      await once(writer.stdout, 'data');
      // At another instruction each time: the writer tells nobody where it is.
      await delay(1 + kill * 0.7);
      writer.kill('SIGKILL');
      await ended;
      interrupted += readdirSync(volume).length === 6 ? 0 : 1;
      if (existsSync(join(volume, '..data'))) assertWhole(join(volume, '..data'));
      await writeAtomically(
        volume,
        new Map([['a', { data: Buffer.from('last'), mode: 0o644 }]]),
        async () => {},
      );
      const current = readlinkSync(join(volume, '..data'));
      assert.deepEqual(readdirSync(volume).sort(), [current, '..data', 'a']);
      assert.equal(readFileSync(join(volume, 'a'), 'utf8'), 'last');
    }
    t.diagnostic(`${interrupted} of ${kills} left something`);
    assert.ok(interrupted > 0, 'no kill came in between');
  } finally {
    rmSync(volume, { recursive: true });
  }
});

/** Every file of the version has its number, unless it is the one that this test wrote. */
function assertWhole(version: string): void {
  const number = readFileSync(join(version, 'a'), 'utf8');
  if (number === 'last') return;
  for (const path of ['b', 'd/c', 'd/e/f', `v${number}`]) {
    assert.equal(readFileSync(join(version, path), 'utf8'), number, path);
  }
}
