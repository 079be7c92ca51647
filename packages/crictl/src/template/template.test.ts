import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executeTemplate } from './execute.ts';

const document = {
  status: {
    id: 'abc',
    state: 'READY',
    labels: { 'io.x/y': 'z', b: 'c' },
    ips: ['10.0.0.1', '10.0.0.2'],
    none: [],
  },
  info: { pid: 42, privileged: false },
};

test('templates make text of documents', () => {
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['{{.info.pid}}', '42'],
    ['{{ .status.id }}-{{.status.state | lower}}', 'abc-ready'],
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
    ['{{json .status.labels}}', '{"b":"c","io.x/y":"z"}\n'],
    ['{{range $i, $ip := .status.ips}}{{if $i}}{{break}}{{end}}{{$ip}}{{end}}', '10.0.0.1'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
    ['{{define "a"}}[{{.}}]{{end}}{{template "a" .info.pid}}', '[42]'],
    ['{{printf "%s %05d %q %.1f|%-3s|" .status.id 42 "x" 1.24 "y"}}', 'abc 00042 "x" 1.2|y  |'],
    ['{{slice .status.id 1}} {{html "<"}} {{urlquery "a b"}}', 'bc &lt; a+b'],
    ['{{.status.labels}} {{.status.ips}}', 'map[b:c io.x/y:z] [10.0.0.1 10.0.0.2]'],
    ['{{len .status.ips}}{{len .status.id}}', '23'],
    ['a {{- " b " -}} c', 'a b c'],
    ['{{/* nothing */}}{{"}}"}}{{`"`}}', '}}"'],
    ['{{title (lower .status.state)}}', 'Ready'],
    ['{{and .info.pid .status.id}} {{or .info.privileged "x"}} {{not true}}', 'abc x false'],
  ];
  for (const [template, expected] of cases)
    assert.equal(executeTemplate(template, document), expected, template);
});

test('what is wrong with a template is told in the words of Go', () => {
  const parse = 'failed to generate go-template: template: tmplExecuteRawJSON:1: ';
  const run = (column: number) =>
    `failed to template data: template: tmplExecuteRawJSON:1:${column}: executing "tmplExecuteRawJSON" at `;
  const cases: [string, string][] = [
    ['{{.status.nope}}', `${run(9)}<.status.nope>: map has no entry for key "nope"`],
    ['{{.status.id.x}}', `${run(9)}<.status.id.x>: can't evaluate field x in type interface {}`],
    ['{{nope .status}}', `${parse}function "nope" not defined`],
    ['{{.status', `${parse}unclosed action`],
    ['{{if .status}}x', `${parse}unexpected EOF`],
    ['x{{end}}', `${parse}unexpected {{end}}`],
    ['{{$x}}', `${parse}undefined variable "$x"`],
    ['{{index .status.ips 7}}', `${run(2)}<index .status.ips 7>: error calling index: index out of range: 7`],
    ['{{(.status}}', `${parse}unclosed left paren`],
    ['{{upper 5}}', `${run(8)}<5>: expected string; found 5`],
    [
      '{{eq .info.pid 42}}',
      `${run(2)}<eq .info.pid 42>: error calling eq: incompatible types for comparison: json.Number and int`,
    ],
  ];
  for (const [template, message] of cases) {
    assert.throws(() => executeTemplate(template, document), { message }, template);
  }
});
