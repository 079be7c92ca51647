import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { logPath, podLogDir } from '../paths/pod-paths.ts';
import { LogRotator } from './log-rotator.ts';

const dir = mkdtempSync(join(tmpdir(), 'log-rotator-'));
after(() => rmSync(dir, { recursive: true }));
const roots = { rootDir: dir, podLogsDir: join(dir, 'logs') };
const pod = { name: 'p', namespace: 'n', uid: 'u' };
const path = join(podLogDir(roots, pod), logPath('main', 0));
const workers = { runningContainers: () => [{ pod, id: 'c', name: 'main', restartCount: 0 }] };

test('the size and the interval are those of the settings', async () => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'twelve bytes');
  const reopened = Promise.withResolvers<string | undefined>();
  const runtime = {
    reopenContainerLog: async ({ containerId }: { containerId?: string | undefined }) => {
      reopened.resolve(containerId);
      return {};
    },
  };
  const rotator = new LogRotator({
    runtime,
    options: { ...roots, logRotation: { maxBytes: 10, maxFiles: 2, checkMs: 1 } },
    workers,
  });
  rotator.start();
  assert.equal(await reopened.promise, 'c');
  rotator.stop();
  assert.match(readdirSync(dirname(path)).join(' '), /^0\.log\.\d{8}-\d{6}$/);
});

test('without limits no timer is started', () => {
  const runtime = { reopenContainerLog: async () => assert.fail() };
  const rotator = new LogRotator({ runtime, options: { ...roots, logRotation: undefined }, workers });
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  rotator.start();
  assert.equal(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length, before);
});
