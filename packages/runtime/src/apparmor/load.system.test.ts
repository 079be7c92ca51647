import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultProfileText } from './default-profile.ts';
import { hostProfileText, loadDefaultProfile, parseProfile } from './load.ts';

const hasParser = existsSync('/usr/sbin/apparmor_parser');
const title = 'the default profile is one to apparmor_parser';

test(hasParser ? title : `${title} (skipped: apparmor is not installed)`, { skip: !hasParser }, async () => {
  const dir = mkdtempSync('/tmp/berth-apparmor-');
  try {
    for (const [name, profile] of [
      ['host', hostProfileText()],
      ['bare', defaultProfileText({ present: [] })],
    ] as const) {
      const file = join(dir, name);
      writeFileSync(file, profile);
      // Compiled for the features of a file, since the kernel here may have none, and not loaded.
      await parseProfile([
        ...['--skip-kernel-load', '--skip-cache', '--features-file', '/etc/apparmor.d/abi/3.0'],
        file,
      ]);
    }
    const broken = join(dir, 'broken');
    writeFileSync(broken, 'profile berth-broken {');
    await assert.rejects(parseProfile(['--skip-kernel-load', '--skip-cache', broken]), /syntax error/i);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('nothing is loaded where AppArmor is off, or where the profile is loaded', async () => {
  const log = { info: assert.fail, warning: assert.fail, debug: assert.fail, error: assert.fail };
  const options = {
    stateDir: '/no/such',
    log: log as unknown as Parameters<typeof loadDefaultProfile>[1]['log'],
  };
  await loadDefaultProfile({ enabled: false, loaded: [] }, options);
  await loadDefaultProfile({ enabled: true, loaded: ['berth-default'] }, options);
});
