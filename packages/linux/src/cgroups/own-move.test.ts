import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { membership } from './membership.ts';
import { OwnMove } from './own-move.ts';

test('the process writes itself into its own cgroup, once for all moves that are expected at a time', async () => {
  const root = mkdtempSync(join(tmpdir(), 'own-move-'));
  try {
    const [[controller, path] = ['', '']] = membership(process.pid) ?? [];
    const file = join(root, path, 'cgroup.procs');
    mkdirSync(join(root, path), { recursive: true });
    const written = async () => {
      for (let tries = 0; tries < 200 && readFileSync(file, 'utf8') === ''; tries++) await sleep(5);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, '');
      return text;
    };
    writeFileSync(file, '');
    const ownMove = new OwnMove(root, controller);
    const first = ownMove.expect();
    assert.equal(await written(), String(process.pid));
    const second = ownMove.expect();
    first[Symbol.dispose]();
    const third = ownMove.expect();
    await sleep(50);
    assert.equal(readFileSync(file, 'utf8'), '');
    second[Symbol.dispose]();
    third[Symbol.dispose]();
    ownMove.expect();
    assert.equal(await written(), String(process.pid));
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a cgroup that cannot be found is no error', async () => {
  new OwnMove('/nowhere', 'pids').expect();
  new OwnMove('/nowhere', 'no controller').expect();
  await sleep(20);
});
