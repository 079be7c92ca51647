import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHelp } from './help-text.ts';
import { manPage } from './man-page.ts';

test('a page has what the help texts say, and troff takes none of it for its own', () => {
  const page = manPage({
    name: 'x',
    section: 1,
    date: '2026-01-02',
    version: '1.2.3',
    program: {
      words: 'x',
      help: parseHelp('Usage: x [options]\n\nDoes "it".\n\nOptions:\n  -v, --v  a\\b\n\n.gone\n'),
    },
    commands: [{ words: 'x up', help: parseHelp('Usage: x up\n\nstart\n\nOptions:\n  --now  at once\n') }],
    files: [['/etc/x', 'settings']],
    seeAlso: ['y(8)'],
  });
  assert.equal(
    page,
    `.TH "X" 1 "2026\\-01\\-02" "Berth 1.2.3" "Berth"
.SH NAME
x \\- Does "it"
.SH SYNOPSIS
.B x [options]
.SH "OPTIONS"
.TP
.B \\-v, \\-\\-v
a\\eb
.SH COMMANDS IN DETAIL
.SS "x up"
.B x up
.PP
start
.TP
.B \\-\\-now
at once
.SH NOTES
.PP
\\&.gone
.SH FILES
.TP
.B /etc/x
settings
.SH SEE ALSO
y(8)
`,
  );
});
