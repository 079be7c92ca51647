import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { berthVersion } from '@berth/common/version.ts';
import { debianChangelog, parseChangelog } from './changelog.ts';

test('the newest release of CHANGELOG.md is the version of package.json', () => {
  const markdown = readFileSync(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8');
  assert.equal(parseChangelog(markdown)[0]?.version, berthVersion);
});

test('a changelog in the form of Debian', () => {
  const releases = parseChangelog(
    `# Changes\n\n## 0.2.0 (unreleased)\n\nWords.\n\n- One\n  more\n- Two ${'word '.repeat(20)}\n\n## 0.1.0 (2026-01-02)\n\n- First\n`,
  );
  const text = debianChangelog(releases, { maintainer: 'A <a@b>', built: 86_400, version: '0.2.0~1' });
  assert.equal(
    text,
    `berth (0.2.0~1) unstable; urgency=medium

  * One more
  * Two word word word word word word word word word word word word word
    word word word word word word word

 -- A <a@b>  Fri, 02 Jan 1970 00:00:00 +0000

berth (0.1.0) unstable; urgency=medium

  * First

 -- A <a@b>  Fri, 02 Jan 2026 00:00:00 +0000
`,
  );
});
