import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { findPrerequisite, prerequisites } from '../../../scripts/setup/prerequisites.mjs';
import { examine } from './doctor.ts';
import { defaultLayout } from './node/layout.ts';

const made = { name: 'x', package: 'x', why: 'x', source: 'x' };

test('after the set-up every prerequisite is found', () => {
  for (const prerequisite of prerequisites) assert.ok(findPrerequisite(prerequisite), prerequisite.name);
});

test('what is missing or of the wrong kind is not found', () => {
  assert.equal(findPrerequisite({ ...made, command: 'no-such-program' }), undefined);
  assert.equal(findPrerequisite({ ...made, files: ['/no/such/file', '/etc'] }), undefined);
  assert.equal(findPrerequisite({ ...made, files: ['/etc/passwd'] }), '/etc/passwd');
  assert.equal(findPrerequisite({ ...made, command: 'passwd', files: [] })?.endsWith('/passwd'), true);
  assert.equal(findPrerequisite({ ...made, files: [process.execPath], static: true }), undefined);
  assert.equal(findPrerequisite({ ...made, files: ['/bin/busybox'], static: true }), '/bin/busybox');
});

test('the doctor finds nothing to do here, and says what to do otherwise', () => {
  const layout = defaultLayout();
  assert.ok(existsSync(`${layout.binDir}/berthd`));
  assert.deepEqual(
    examine(layout).filter(({ todo }) => todo !== undefined),
    [],
  );
});
