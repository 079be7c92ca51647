import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderConf } from './render-conf.ts';

const data = {
  PodCIDR: '10.1.0.0/24',
  PodCIDRRanges: ['10.1.0.0/24', 'fd00::/64'],
  Routes: ['0.0.0.0/0', '::/0'],
};

test('a template makes a configuration of the pod CIDRs', () => {
  const cases: [template: string, rendered: string][] = [
    ['', ''],
    ['{"subnet": "{{.PodCIDR}}"}', '{"subnet": "10.1.0.0/24"}'],
    [
      '[{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}]',
      '[[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/64"}]]',
    ],
    ['{{range .Routes}}<{{.}} {{$.PodCIDR}}>{{end}}', '<0.0.0.0/0 10.1.0.0/24><::/0 10.1.0.0/24>'],
    ['{{if gt (len .PodCIDRRanges) 1}}dual{{else}}single{{end}}', 'dual'],
  ];
  for (const [template, rendered] of cases)
    assert.equal(renderConf(template, 'cni.template', data), rendered, template);
});

test('a template that is broken, or asks for what there is not, makes nothing', () => {
  const cases: [template: string, message: RegExp][] = [
    [
      '\n{{.Nope}}',
      /cni\.template:2:2: .*can't evaluate field Nope in type TemplateData \(the fields of a template are \.PodCIDR, \.PodCIDRRanges, \.Routes\)/,
    ],
    ['{{if .Nope}}x{{end}}', /can't evaluate field Nope in type TemplateData/],
    ['{{index . "Nope"}}', /can't index item of type TemplateData/],
    ['{{range .Routes}}{{.PodCIDR}}{{end}}', /can't evaluate field PodCIDR in type/],
    ['{{range .}}x{{end}}', /range can't iterate over \{10\.1\.0\.0\/24 \[/],
    ['{{upper .PodCIDR}}', /cni\.template:1: function "upper" not defined/],
    ['{{.PodCIDR', /cni\.template:1: unclosed action/],
  ];
  for (const [template, message] of cases)
    assert.throws(() => renderConf(template, 'cni.template', data), { message }, template);
});
