import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { podLogDir } from '../paths/pod-paths.ts';
import { linkLog, removePodLogs } from './log-files.ts';

test('the logs of a pod go with the links into them, also those of containers that nobody remembers', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'log-files-'));
  try {
    const roots = { rootDir: join(dir, 'root'), podLogsDir: join(dir, 'pods') };
    const pods = ['going', 'staying'].map((name) => ({ name, namespace: 'default', uid: `uid-${name}` }));
    for (const pod of pods) {
      mkdirSync(join(podLogDir(roots, pod), 'main'), { recursive: true });
      writeFileSync(join(podLogDir(roots, pod), 'main/0.log'), '');
      linkLog(roots, pod, { name: 'main', id: 'c1', logPath: 'main/0.log' });
    }
    await removePodLogs(roots, 'uid-going');
    assert.deepEqual(readdirSync(roots.podLogsDir), ['default_staying_uid-staying']);
    assert.deepEqual(readdirSync(join(dir, 'containers')), ['staying_default_main-c1.log']);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
