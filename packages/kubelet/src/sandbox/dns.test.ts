import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '../api/pod.ts';
import { testPod } from '../testing/pod.ts';
import { dnsOmissions, podDns } from './dns.ts';
import { parseResolvConf } from './resolv-conf.ts';

const host = { servers: ['192.0.2.53'], searches: ['example.com'], options: ['timeout:1'] };
const cluster = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local' };
const noCluster = { clusterDns: [], clusterDomain: '' };

const cases: [title: string, spec: Partial<PodSpec>, settings: object, want: object][] = [
  ['Default is the host', { dnsPolicy: 'Default' }, { host, ...cluster }, host],
  ['ClusterFirst without cluster DNS is the host', {}, { host, ...noCluster }, host],
  [
    'ClusterFirst with cluster DNS',
    {},
    { host, ...cluster },
    {
      servers: ['10.96.0.10'],
      searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
      options: ['ndots:5'],
    },
  ],
  ['ClusterFirst on the host network is the host', { hostNetwork: true }, { host, ...cluster }, host],
  [
    'ClusterFirstWithHostNet',
    { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    { host, clusterDns: ['10.96.0.10'], clusterDomain: '' },
    { servers: ['10.96.0.10'], searches: ['example.com'], options: ['ndots:5'] },
  ],
  [
    'None has only its own',
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['1.1.1.1'],
        searches: ['a.b'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    { host, ...cluster },
    { servers: ['1.1.1.1'], searches: ['a.b'], options: ['ndots:2', 'edns0'] },
  ],
  [
    'dnsConfig adds and overrides, without doubles',
    {
      dnsPolicy: 'Default',
      dnsConfig: {
        nameservers: ['192.0.2.53', '1.1.1.1'],
        searches: ['example.com', 'b'],
        options: [{ name: 'timeout', value: '9' }],
      },
    },
    { host, ...noCluster },
    { servers: ['192.0.2.53', '1.1.1.1'], searches: ['example.com', 'b'], options: ['timeout:9'] },
  ],
  [
    'at most three name servers',
    { dnsPolicy: 'None', dnsConfig: { nameservers: ['1', '2', '3', '4'] } },
    { host, ...noCluster },
    { servers: ['1', '2', '3'], searches: [], options: [] },
  ],
  [
    'no resolv.conf means a server on loopback of each family',
    { dnsPolicy: 'Default' },
    { host: undefined, ...noCluster, nodeIps: ['192.0.2.1', '2001:db8::1'] },
    { servers: ['127.0.0.1', '::1'], searches: ['.'], options: [] },
  ],
];

for (const [title, spec, settings, want] of cases) {
  test(title, () => {
    const pod = testPod({ ...spec, containers: [{ name: 'a' }], initContainers: [] });
    const defaults = { host: undefined, clusterDns: [], clusterDomain: '', nodeIps: [] };
    assert.deepEqual(podDns(pod, { ...defaults, ...settings }), want);
  });
}

test('searches that are too long are left out', () => {
  const dnsConfig = {
    nameservers: ['1'],
    searches: ['x'.repeat(254), ...Array.from({ length: 40 }, (_, i) => `d${i}`)],
  };
  const pod = testPod({ dnsPolicy: 'None', dnsConfig, containers: [{ name: 'a' }] });
  const settings = { host: undefined, ...noCluster, nodeIps: [] };
  const { searches } = podDns(pod, settings);
  assert.equal(searches.length, 31);
  assert.deepEqual(dnsOmissions(pod, settings), [
    `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`,
  ]);
});

test('name servers that are too many are left out, and told', () => {
  const hosts = { servers: ['1', '1', '2', '3'], searches: [], options: [] };
  const settings = { host: hosts, ...noCluster, nodeIps: [] };
  const pod = testPod({ dnsPolicy: 'Default', containers: [{ name: 'a' }] });
  assert.deepEqual(podDns(pod, settings).servers, ['1', '1', '2']);
  assert.deepEqual(dnsOmissions(pod, settings), [
    'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1 1 2',
  ]);
  assert.deepEqual(dnsOmissions(testPod({ containers: [{ name: 'a' }] }), { ...settings, host }), []);
});

test('resolv.conf', () => {
  const text = `# comment
nameserver 1.1.1.1
nameserver   2606:4700::1111
search one.example two.example.
search three.example. .
options ndots:1 edns0
options ndots:3
nameserver
`;
  assert.deepEqual(parseResolvConf(text), {
    servers: ['1.1.1.1', '2606:4700::1111'],
    searches: ['three.example'],
    options: ['ndots:3', 'edns0'],
  });
});
