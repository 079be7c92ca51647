import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  adviceFor,
  compareVersions,
  parseRuntimeVersion,
  vulnerabilitiesOf,
} from './known-vulnerabilities.ts';
import { packagedFixes } from './packaged-fixes.ts';

const november2025 = ['CVE-2025-31133', 'CVE-2025-52565', 'CVE-2025-52881'];
const of2026 = ['CVE-2026-41579', 'CVE-2026-119101', 'CVE-2026-135844'];

for (const [name, version, has, hasNot] of [
  [
    'runc',
    '1.0.0-rc6',
    ['CVE-2019-5736', 'CVE-2019-16884', 'CVE-2021-30465'],
    ['CVE-2024-21626', 'CVE-2023-27561'],
  ],
  ['runc', '1.0.0-rc7', ['CVE-2019-16884'], ['CVE-2019-5736']],
  ['runc', '1.0.0~rc93+ds1', ['CVE-2021-30465', 'CVE-2024-21626'], ['CVE-2019-19921', 'CVE-2023-27561']],
  ['runc', '1.0.0-rc95', ['CVE-2021-43784', 'CVE-2023-27561'], ['CVE-2021-30465']],
  ['runc', '1.0.3', ['CVE-2022-29162', 'CVE-2023-28642'], ['CVE-2021-43784']],
  ['runc', '1.1.5+ds1', ['CVE-2024-21626', 'CVE-2024-45310', ...november2025, ...of2026], ['CVE-2023-27561']],
  ['runc', '1.1.12', ['CVE-2024-45310', ...november2025], ['CVE-2024-21626']],
  ['runc', '1.1.15', november2025, ['CVE-2024-45310']],
  ['runc', '1.2.0-rc.2', ['CVE-2024-45310'], ['CVE-2024-21626']],
  ['runc', '1.2.7', november2025, ['CVE-2024-45310']],
  ['runc', '1.2.8', of2026, november2025],
  ['runc', '1.3.2', november2025, []],
  ['runc', '1.3.3', of2026, november2025],
  ['runc', '1.3.6', ['CVE-2026-119101'], ['CVE-2026-41579']],
  ['runc', '1.4.0-rc.2', november2025, []],
  ['runc', '1.4.4', ['CVE-2026-135844'], ['CVE-2026-119101', 'CVE-2026-41579']],
  ['runc', '1.6.0', [], of2026],
  ['runc', '2.0.0', [], [...november2025, ...of2026]],
  ['crun', '0.10.4', ['CVE-2019-18837'], ['CVE-2019-16884']],
  ['crun', '1.4.3', ['CVE-2022-27650'], ['CVE-2019-18837']],
  [
    'crun',
    '1.8.1',
    ['CVE-2026-47766', 'CVE-2026-115520', 'CVE-2026-115521'],
    ['CVE-2022-27650', 'CVE-2025-24965'],
  ],
  ['crun', '1.28', ['CVE-2026-115521'], ['CVE-2026-47766']],
  ['crun', '1.31', [], ['CVE-2026-115521']],
  ['kata-runtime', '1.0.0', [], november2025],
] as const) {
  test(`known vulnerabilities of ${name} ${version}`, () => {
    const found = vulnerabilitiesOf({ name, version }).map(({ cve }) => cve);
    assert.deepEqual(
      has.filter((cve) => !found.includes(cve)),
      [],
    );
    assert.deepEqual(
      hasNot.filter((cve) => found.includes(cve)),
      [],
    );
    if (has.length === 0) assert.deepEqual(found, []);
  });
}

test('versions in their order', () => {
  const ordered = [
    '0.10',
    '0.10.5',
    '1.0.0-rc3',
    '1.0.0-rc10',
    '1.0.0-rc95',
    '1.0.0',
    '1.0.3',
    '1.2.0-rc.2',
    '1.2.0-rc.3',
    '1.2.0',
    '1.10',
    '1.28',
  ];
  assert.deepEqual(ordered.toReversed().sort(compareVersions), ordered);
  assert.equal(compareVersions('1.8', '1.8.0'), 0);
});

test('the advice names each CVE, where it is fixed, and what to install', () => {
  const runtime = parseRuntimeVersion('runc version 1.2.7\ncommit: v1.2.7-0-g6b4a1ea\nspec: 1.2.0\n');
  assert.ok(runtime);
  const { problem = '', todo = '' } = adviceFor(runtime, vulnerabilitiesOf(runtime)) ?? {};
  assert.match(
    problem,
    /^runc 1\.2\.7 has known vulnerabilities, by its version: CVE-2025-31133, CVE-2025-52565, CVE-2025-52881 \(fixed in 1\.2\.8, 1\.3\.3, 1\.4\.0-rc\.3\)/,
  );
  assert.match(
    todo,
    /^install runc 1\.6\.0 or newer from https:\/\/github\.com\/opencontainers\/runc\/releases, or/,
  );
  assert.equal(adviceFor({ name: 'runc', version: '1.6.0' }, []), undefined);
  assert.deepEqual(parseRuntimeVersion('crun version 1.8.1\n'), { name: 'crun', version: '1.8.1' });
  assert.equal(parseRuntimeVersion('runsc: not a version'), undefined);
});

test("what Debian's package has patched is not told: runc 1.1.5+ds1-1+deb12u1 and CVE-2024-21626", () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-packages-'));
  const folders = { info: join(dir, 'info'), doc: join(dir, 'doc') };
  try {
    const program = join(dir, 'runc');
    for (const path of [folders.info, join(folders.doc, 'runc')]) mkdirSync(path, { recursive: true });
    writeFileSync(program, '');
    const entry =
      'runc (1.1.5+ds1-1+deb12u1) bookworm-security; urgency=high\n\n  * CVE-2024-21626: leaked fds\n';
    writeFileSync(join(folders.doc, 'runc/changelog.Debian.gz'), gzipSync(entry));
    assert.equal(packagedFixes(program, folders).size, 0, 'no package has it');
    writeFileSync(join(folders.info, 'runc.list'), `/.\n${join(dir, 'other')}\n`);
    assert.equal(packagedFixes(program, folders).size, 0, 'the package has another');
    writeFileSync(join(folders.info, 'runc.list'), `/.\n${program}\n`);
    const fixed = packagedFixes(program, folders);
    assert.deepEqual([...fixed], ['CVE-2024-21626']);
    const found = vulnerabilitiesOf({ name: 'runc', version: '1.1.5+ds1' }, fixed).map(({ cve }) => cve);
    assert.ok(!found.includes('CVE-2024-21626') && found.includes('CVE-2025-31133'));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
