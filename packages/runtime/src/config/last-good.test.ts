import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultConfig } from './config.ts';
import { loadLastGood, saveLastGood } from './last-good.ts';

test('the settings come back as they were, and a torn file is none', () => {
  const state = mkdtempSync('/tmp/last-good-');
  try {
    assert.equal(loadLastGood(state), undefined);
    const config = { ...defaultConfig, state, listen: '/run/other.sock', socketGroup: '990' };
    saveLastGood(config);
    assert.deepEqual(loadLastGood(state), config);
    assert.equal(statSync(join(state, 'settings.yaml')).mode & 0o777, 0o600);
    for (const torn of ['', 'listen: [']) {
      writeFileSync(join(state, 'settings.yaml'), torn);
      assert.equal(loadLastGood(state), undefined);
    }
  } finally {
    rmSync(state, { recursive: true });
  }
});
