import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executeTemplate } from './execute.ts';

const document = {
  status: { id: 'abc', state: 'READY', labels: { 'io.x/y': 'z', b: 'c' }, none: null },
  info: { pid: 42, text: '<&>' },
};

test('templates make text of documents', () => {
  const cases: [string, string][] = [
    ['{{.info.pid}} {{.status.none}}', '42 <no value>'],
    ['{{ .status.id }}-{{.status.state | lower}}', 'abc-ready'],
    ['{{range $k, $v := .status.labels}}{{$k}}={{$v}} {{end}}', 'b=c io.x/y=z '],
    ['{{json .status.labels}}', '{"b":"c","io.x/y":"z"}\n'],
    ['{{json .info}}', '{"pid":42,"text":"\\u003c\\u0026\\u003e"}\n'],
    ['{{title (lower .status.state)}} {{upper "a-b"}}', 'Ready A-B'],
    ['{{printf "%s" (json .info.pid)}}', '42\n'],
  ];
  for (const [template, expected] of cases)
    assert.equal(executeTemplate(template, document), expected, template);
});

test('what is wrong with a template is told in the words of the real crictl', () => {
  const run = 'failed to template data: template: tmplExecuteRawJSON:1:';
  const cases: [string, string][] = [
    [
      '{{.status.nope}}',
      `${run}9: executing "tmplExecuteRawJSON" at <.status.nope>: map has no entry for key "nope"`,
    ],
    ['{{upper 5}}', `${run}8: executing "tmplExecuteRawJSON" at <5>: expected string; found 5`],
    [
      '{{nope .status}}',
      'failed to generate go-template: template: tmplExecuteRawJSON:1: function "nope" not defined',
    ],
  ];
  for (const [template, message] of cases) {
    assert.throws(() => executeTemplate(template, document), { message }, template);
  }
});
