import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executeTemplate } from './execute.ts';
import { goFunctions, one } from './functions.ts';
import { parseTemplate } from './parse.ts';
import { JsonNumber, Struct, type Value } from './values.ts';

const render = (template: string, data: Value) => executeTemplate(parseTemplate(template, 'named'), data);
const map = (entries: Record<string, Value>) => new Map(Object.entries(entries));

const document = map({
  info: map({ pid: new JsonNumber('42'), privileged: false }),
  status: map({
    id: 'abc',
    ips: ['10.0.0.1', '10.0.0.2'],
    labels: map({ b: 'c', 'io.x/y': 'z' }),
    none: [],
    state: 'READY',
    unset: null,
  }),
});

const struct = new Struct('Data', {
  PodCIDR: '10.1.0.0/24',
  PodCIDRRanges: ['10.1.0.0/24', 'fd00::/64'],
  Routes: ['0.0.0.0/0', '::/0'],
  None: [],
});

test('templates make text of documents', () => {
  const cases: [template: string, text: string][] = [
    ['plain', 'plain'],
    ['{{.info.pid}}', '42'],
    ['{{ .status.id }}-{{.status.state | print}}', 'abc-READY'],
    ['{{.status.unset}}', '<no value>'],
    ['{{index .status.labels "io.x/y"}}', 'z'],
    ['{{index .status.ips 1}}', '10.0.0.2'],
    ['{{range .status.ips}}<{{.}}>{{end}}', '<10.0.0.1><10.0.0.2>'],
    ['{{range .status.none}}x{{else}}none{{end}}', 'none'],
    ['{{range .status.labels}}{{.}},{{$.info.pid}};{{end}}', 'c,42;z,42;'],
    ['{{range $k, $v := .status.labels}}{{$k}}={{$v}} {{end}}', 'b=c io.x/y=z '],
    ['{{range $i, $ip := .status.ips}}{{$i}}{{$ip}} {{end}}', '010.0.0.1 110.0.0.2 '],
    ['{{with $s := .status}}{{$s.id}}{{$.info.pid}}{{end}}', 'abc42'],
    ['{{if .info.privileged}}yes{{else}}no{{end}}', 'no'],
    ['{{if eq .status.state "GONE"}}1{{else if eq .status.state "READY"}}2{{else}}3{{end}}', '2'],
    ['{{with .status}}{{.id}}{{end}}', 'abc'],
    ['{{range $i, $ip := .status.ips}}{{if $i}}{{break}}{{end}}{{$ip}}{{end}}', '10.0.0.1'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
    ['{{define "a"}}[{{.}}]{{end}}{{template "a" .info.pid}}', '[42]'],
    ['{{printf "%s %05d %q %.1f|%-3s|" .status.id 42 "x" 1.24 "y"}}', 'abc 00042 "x" 1.2|y  |'],
    ['{{slice .status.id 1}} {{html "<"}} {{urlquery "a b"}}', 'bc &lt; a+b'],
    ['{{.status.labels}} {{.status.ips}}', 'map[b:c io.x/y:z] [10.0.0.1 10.0.0.2]'],
    ['{{len .status.ips}}{{len .status.id}}', '23'],
    ['{{017}} {{0o17}} {{0x1F}} {{0b11}} {{1_000}} {{-017}}', '15 15 31 3 1000 -15'],
    ['{{printf "%s|%x" .info.pid "hi"}}', '42|6869'],
    ['a {{- " b " -}} c', 'a b c'],
    ['{{/* nothing */}}{{"}}"}}{{`"`}}', '}}"'],
    ['{{and .info.pid .status.id}} {{or .info.privileged "x"}} {{not true}}', 'abc x false'],
  ];
  for (const [template, text] of cases) assert.equal(render(template, document), text, template);
});

test('templates make text of structs', () => {
  const cases: [template: string, text: string][] = [
    ['', ''],
    ['plain } { }}', 'plain } { }}'],
    ['{{.PodCIDR}}', '10.1.0.0/24'],
    ['a {{ .PodCIDR }} b', 'a 10.1.0.0/24 b'],
    ['a  {{- .PodCIDR -}}  \n b', 'a10.1.0.0/24b'],
    ['a{{/* a {{comment */}}b', 'ab'],
    ['{{range .Routes}}<{{.}}>{{end}}', '<0.0.0.0/0><::/0>'],
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
    ['{{if .}}yes{{end}} {{.}}', 'yes {10.1.0.0/24 [10.1.0.0/24 fd00::/64] [0.0.0.0/0 ::/0] []}'],
    ['{{printf "%T %s" . .None}}', 'Data []'],
  ];
  for (const [template, text] of cases) assert.equal(render(template, struct), text, template);
});

test('a template has the functions that it is given', () => {
  const functions = { ...goFunctions, twice: one((value) => [value, value]) };
  const twice = parseTemplate('{{twice 1 | len}} {{twice "a"}}', 'named', functions);
  assert.equal(executeTemplate(twice, null), '2 [a a]');
  for (const name of ['twice', 'constructor', 'toString']) {
    assert.throws(() => parseTemplate(`{{${name} 1}}`, 'named'), {
      message: `template: named:1: function "${name}" not defined`,
    });
  }
});

const at = (column: number) => `template: named:1:${column}: executing "named" at `;

test('what cannot be parsed is told in the words of Go', () => {
  const cases: [template: string, problem: string][] = [
    ['{{nope .status}}', '1: function "nope" not defined'],
    ['{{.status', '1: unclosed action'],
    ['\n{{.Pod', '2: unclosed action'],
    ['{{if .status}}x', '1: unexpected EOF'],
    ['x{{end}}', '1: unexpected {{end}}'],
    ['{{}}', '1: missing value for command'],
    ['{{$x}}', '1: undefined variable "$x"'],
    ['{{(.status}}', '1: unclosed left paren'],
  ];
  for (const [template, problem] of cases)
    assert.throws(() => render(template, document), { message: `template: named:${problem}` }, template);
});

test('what there is not, and what does not fit, is told in the words of Go', () => {
  const cases: [template: string, data: Value, message: string][] = [
    ['{{.status.nope}}', document, `${at(9)}<.status.nope>: map has no entry for key "nope"`],
    ['{{.status.id.x}}', document, `${at(9)}<.status.id.x>: can't evaluate field x in type interface {}`],
    [
      '{{index .status.ips 7}}',
      document,
      `${at(2)}<index .status.ips 7>: error calling index: index out of range: 7`,
    ],
    ['{{printf 5}}', document, `${at(9)}<5>: expected string; found 5`],
    [
      '{{eq .info.pid 42}}',
      document,
      `${at(2)}<eq .info.pid 42>: error calling eq: incompatible types for comparison: json.Number and int`,
    ],
    ['{{.Nope}}', struct, `${at(2)}<.Nope>: can't evaluate field Nope in type Data`],
    [
      '{{range .Routes}}{{.PodCIDR}}{{end}}',
      struct,
      `${at(19)}<.PodCIDR>: can't evaluate field PodCIDR in type interface {}`,
    ],
    ['{{range .PodCIDR}}{{end}}', struct, `${at(8)}<.PodCIDR>: range can't iterate over 10.1.0.0/24`],
    [
      '{{index . "Nope"}}',
      struct,
      `${at(2)}<index . "Nope">: error calling index: can't index item of type Data`,
    ],
    ['{{len .}}', struct, `${at(2)}<len .>: error calling len: len of type Data`],
    [
      '{{.PodCIDR .Routes}}',
      struct,
      `${at(2)}<.PodCIDR>: PodCIDR has arguments but cannot be invoked as function`,
    ],
  ];
  for (const [template, data, message] of cases)
    assert.throws(() => render(template, data), { message }, template);
});
