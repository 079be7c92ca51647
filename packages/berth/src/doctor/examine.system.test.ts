import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestImages } from '@berth/runtime/testing/test-images.ts';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { doctor } from '../commands/doctor.ts';
import { defaultLayout } from '../node/layout.ts';
import { examine } from './examine.ts';
import { findPrerequisite, prerequisites } from './prerequisites.mjs';

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

test('the doctor finds nothing to do here, and says what to do otherwise', async () => {
  const layout = defaultLayout();
  assert.ok(existsSync(`${layout.binDir}/berthd`));
  assert.deepEqual(
    (await examine(layout)).filter(({ todo, optional }) => todo !== undefined && optional !== true),
    [],
  );
});

test('an OCI runtime with known vulnerabilities is told with what to install, and is no failure', async () => {
  using scratch = scratchDir('doctor');
  const old = join(scratch.path, 'runc');
  const recent = join(scratch.path, 'crun');
  writeFileSync(old, '#!/bin/sh\necho runc version 1.2.7\n', { mode: 0o755 });
  writeFileSync(recent, '#!/bin/sh\necho crun version 99.0\n', { mode: 0o755 });
  const layout = { ...defaultLayout(), ociRuntimes: [old, recent, '/no/such/runtime'] };
  const [finding, ...others] = (await examine(layout)).filter(
    ({ name, optional }) => name === 'OCI runtime' && optional === true,
  );
  assert.deepEqual(others, []);
  assert.match(finding?.detail ?? '', /^runc 1\.2\.7 has known vulnerabilities.* CVE-2025-31133,.* 1\.2\.8/);
  const written: string[] = [];
  assert.equal(await doctor(layout, { write: (text) => written.push(text) }), true);
  assert.match(written.join(''), /^warn OCI runtime +runc 1\.2\.7 .*\n +→ install runc \d/m);
});

test('an image that lacks a layer is told with how to repair it, and is no failure', async () => {
  await using images = await TestImages.start();
  const store = await images.open();
  const id = await store.pull('one:1');
  const layout = { ...defaultLayout(), ociRuntimes: [], imageDir: store.root };
  const ofImages = async () => (await examine(layout)).filter(({ name }) => name.startsWith('image'));
  assert.deepEqual(await ofImages(), []);
  const [top = ''] = (await store.service.rootfs(id))?.lowerDirs ?? [];
  rmSync(top, { recursive: true });
  const image = `${images.registry.address}/one:1`;
  const [finding, ...others] = await ofImages();
  assert.deepEqual(others, []);
  assert.equal(finding?.detail, `${image}: ${top} is missing`);
  const written: string[] = [];
  assert.equal(await doctor(layout, { write: (text) => written.push(text) }), true);
  assert.match(written.join(''), /^warn image .*one:1: .* is missing\n +→ crictl pull .*one:1 /m);
  await store.pull('one:1');
  assert.deepEqual(await ofImages(), []);
});
