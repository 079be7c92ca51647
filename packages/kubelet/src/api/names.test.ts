import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './names.ts';

const cases: [
  name: string,
  check: (value: string) => string | undefined,
  value: string,
  RegExp | undefined,
][] = [
  ['label', dnsLabel, 'a', undefined],
  ['label', dnsLabel, 'a-1', undefined],
  ['label', dnsLabel, 'a'.repeat(63), undefined],
  ['label', dnsLabel, 'a'.repeat(64), /no more than 63 characters/],
  ['label', dnsLabel, '', /lowercase RFC 1123 label/],
  ['label', dnsLabel, '-a', /lowercase RFC 1123 label/],
  ['label', dnsLabel, 'a-', /lowercase RFC 1123 label/],
  ['label', dnsLabel, 'A', /lowercase RFC 1123 label/],
  ['label', dnsLabel, 'a.b', /lowercase RFC 1123 label/],
  ['subdomain', dnsSubdomain, 'a.b-c.1', undefined],
  ['subdomain', dnsSubdomain, 'a'.repeat(253), undefined],
  ['subdomain', dnsSubdomain, 'a'.repeat(254), /no more than 253 characters/],
  ['subdomain', dnsSubdomain, 'a..b', /lowercase RFC 1123 subdomain/],
  ['label value', labelValue, '', undefined],
  ['label value', labelValue, 'A_b.c-1', undefined],
  ['label value', labelValue, 'a'.repeat(63), undefined],
  ['label value', labelValue, 'a'.repeat(64), /no more than 63 characters/],
  ['label value', labelValue, '_a', /valid label must/],
  ['qualified name', qualifiedName, 'app', undefined],
  ['qualified name', qualifiedName, 'example.com/App_1', undefined],
  ['qualified name', qualifiedName, 'a/b/c', /at most one '\/'/],
  ['qualified name', qualifiedName, '/b', /./],
  ['qualified name', qualifiedName, 'Example.com/b', /subdomain/],
  ['qualified name', qualifiedName, 'a/', /name part must/],
  ['qualified name', qualifiedName, `a/${'b'.repeat(64)}`, /no more than 63 characters/],
];
for (const [name, check, value, problem] of cases) {
  test(`${name} ${JSON.stringify(value.slice(0, 20))} of ${value.length}`, () => {
    const found = check(value);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', problem);
  });
}
