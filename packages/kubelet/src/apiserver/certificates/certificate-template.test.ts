import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeAddress } from 'kubernetes-types/core/v1.d.ts';
import { clientTemplate, lackOf, sameTemplate, servingTemplate } from './certificate-template.ts';

const subject = { commonName: 'system:node:n', organizations: ['system:nodes'] };

test('the names of a serving certificate are the addresses of the node', () => {
  const rows: [what: string, addresses: [string, string][], names: [string[], string[]] | undefined][] = [
    ['no addresses', [], undefined],
    [
      'names alone',
      [
        ['Hostname', 'n'],
        ['InternalDNS', 'n.internal'],
      ],
      undefined,
    ],
    ['an address', [['InternalIP', '10.0.0.1']], [[], ['10.0.0.1']]],
    [
      'every type, sorted',
      [
        ['Hostname', 'n'],
        ['InternalIP', 'fd00:0::1'],
        ['InternalIP', '10.0.0.2'],
        ['ExternalIP', '1.2.3.4'],
        ['InternalDNS', 'b.internal'],
        ['ExternalDNS', 'a.example.org'],
      ],
      [
        ['a.example.org', 'b.internal', 'n'],
        ['1.2.3.4', '10.0.0.2', 'fd00::1'],
      ],
    ],
    ['a host name that is an address', [['Hostname', '10.0.0.3']], [[], ['10.0.0.3']]],
    [
      'what occurs twice, is empty, or of a type that nobody knows',
      [
        ['Hostname', 'n'],
        ['InternalDNS', 'n'],
        ['ExternalDNS', ''],
        ['InternalIP', ''],
        ['Other', 'x'],
        ['InternalIP', 'no address'],
        ['InternalIP', '::1'],
        ['ExternalIP', '0:0::1'],
      ],
      [['n'], ['::1']],
    ],
  ];
  for (const [what, addresses, names] of rows) {
    const given: NodeAddress[] = addresses.map(([type, address]) => ({ type, address }));
    const [dnsNames, ips] = names ?? [];
    const expected = names === undefined ? undefined : { ...subject, dnsNames, ips };
    assert.deepEqual(servingTemplate('n', given), expected, what);
  }
});

test('what a certificate lacks of a template', () => {
  const template = { ...clientTemplate('n'), dnsNames: ['a', 'b'], ips: ['10.0.0.1', '::1'] };
  const full = { ...template, notBefore: 0, notAfter: 1 };
  const rows: [what: string, changes: Partial<typeof full>, lack: string | undefined][] = [
    ['nothing', {}, undefined],
    ['more than asked for', { dnsNames: ['c', 'b', 'a'], organizations: ['x', 'system:nodes'] }, undefined],
    ['another node', { commonName: 'system:node:m' }, 'its common name is system:node:m, not system:node:n'],
    ['a name', { dnsNames: ['a'] }, 'it lacks DNS name b'],
    ['an address', { ips: ['::1'] }, 'it lacks IP address 10.0.0.1'],
    [
      'several',
      { dnsNames: [], organizations: ['other'] },
      'it lacks DNS name a, DNS name b, organization system:nodes',
    ],
  ];
  for (const [what, changes, lack] of rows)
    assert.equal(lackOf({ ...full, ...changes }, template), lack, what);
});

test('templates that ask for the same', () => {
  const one = clientTemplate('n');
  assert.equal(sameTemplate(one, clientTemplate('n')), true);
  assert.equal(sameTemplate(one, { ...one, ips: ['10.0.0.1'] }), false);
});
