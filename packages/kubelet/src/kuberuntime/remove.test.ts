import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkLog } from '../logs/log-files.ts';
import { podLogDir } from '../paths/pod-paths.ts';
import { removeContainer } from './remove.ts';

const pod = { name: 'p', namespace: 'default', uid: 'u' };

for (const keepLog of [true, false]) {
  test(`a container is removed and its log ${keepLog ? 'stays, with' : 'goes, and'} the link to it`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'remove-'));
    try {
      const options = { rootDir: join(dir, 'root'), podLogsDir: join(dir, 'pods') };
      const log = join(podLogDir(options, pod), 'a/0.log');
      mkdirSync(join(log, '..'), { recursive: true });
      writeFileSync(log, '');
      linkLog(options, pod, { name: 'a', id: 'c1', logPath: 'a/0.log' });
      const done: string[] = [];
      await removeContainer(
        pod,
        { id: 'c1', name: 'a', restartCount: 0, keepLog },
        {
          runtime: {
            removeContainer: async ({ containerId }) => {
              done.push(`removed ${containerId}`);
              return {};
            },
          },
          pods: { forget: (id) => void done.push(`forgotten ${id}`) },
          options,
        },
      );
      assert.deepEqual(done, ['removed c1', 'forgotten c1']);
      assert.equal(existsSync(log), keepLog);
      const links = keepLog ? ['p_default_a-c1.log'] : [];
      assert.deepEqual(readdirSync(join(dir, 'containers')), links);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}
