import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTemplate } from './go-template.ts';

const data = {
  PodCIDR: '10.1.0.0/24',
  PodCIDRRanges: ['10.1.0.0/24', 'fd00::/64'],
  Routes: ['0.0.0.0/0', '::/0'],
  None: [],
};

const cases: [template: string, rendered: string][] = [
  ['', ''],
  ['plain } { }}', 'plain } { }}'],
  ['{{.PodCIDR}}', '10.1.0.0/24'],
  ['a {{ .PodCIDR }} b', 'a 10.1.0.0/24 b'],
  ['a  {{- .PodCIDR -}}  \n b', 'a10.1.0.0/24b'],
  ['a{{/* a {{comment */}}b', 'ab'],
  ['{{range .Routes}}<{{.}}>{{end}}', '<0.0.0.0/0><::/0>'],
  [
    '[{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}]',
    '[[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/64"}]]',
  ],
  ['{{range $r := .Routes}}{{$r}} {{end}}', '0.0.0.0/0 ::/0 '],
  ['{{range .None}}x{{else}}none{{end}}', 'none'],
  ['{{range .Routes}}{{$.PodCIDR}};{{end}}', '10.1.0.0/24;10.1.0.0/24;'],
  ['{{if .None}}a{{else if eq .PodCIDR "x"}}b{{else}}c{{end}}d', 'cd'],
  ['{{if gt (len .PodCIDRRanges) 1}}dual{{else}}single{{end}}', 'dual'],
  ['{{if and .PodCIDR (not .None)}}yes{{end}}', 'yes'],
  ['{{index .PodCIDRRanges 1}}', 'fd00::/64'],
  ['{{.PodCIDRRanges | len}}', '2'],
  ['{{with .PodCIDR}}"{{.}}"{{end}}', '"10.1.0.0/24"'],
  ['{{$a := .PodCIDR}}{{$a}}{{print "}}" `"`}}', '10.1.0.0/24}}"'],
  ['{{.Routes}}', '[0.0.0.0/0 ::/0]'],
];
for (const [template, rendered] of cases) {
  test(`template ${JSON.stringify(template)}`, () => assert.equal(renderTemplate(template, data), rendered));
}

const bad: [template: string, message: RegExp][] = [
  ['\n{{.Pod', /line 2: an action \{\{ is not closed/],
  ['{{.Nope}}', /line 1: there is no \.Nope here; at the top there are \.PodCIDR, /],
  ['{{range .Routes}}{{.PodCIDR}}{{end}}', /there is no \.PodCIDR here/],
  ['{{if .PodCIDR}}', /\{\{if\}\} has no \{\{end\}\}/],
  ['x{{end}}', /\{\{end\}\} has no beginning/],
  ['{{}}', /is empty/],
  ['{{upper .PodCIDR}}', /function "upper" is not known here; known are index, /],
  ['{{$x}}', /undefined variable \$x/],
  ['{{index .PodCIDRRanges 7}}', /wrong arguments of index/],
  ['{{range .PodCIDR}}{{end}}', /range wants a list/],
  ['{{define "x"}}{{end}}', /\{\{define\}\} is not supported/],
  ['{{.PodCIDR .Routes}}', /unexpected \.Routes/],
];
for (const [template, message] of bad) {
  test(`template ${JSON.stringify(template)} is refused`, () =>
    assert.throws(() => renderTemplate(template, data), message));
}
