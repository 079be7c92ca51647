// Environment variables, names, DNS, hosts.
import { group, pod, sleeper } from './pod.ts';

const env = (...entries: object[]) => ({ containers: [sleeper('main', { env: entries })] });
const value = (name: string, text: string) => ({ name, value: text });
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const limit = (name: string, resource: string, divisor?: string) => ({
  name,
  valueFrom: { resourceFieldRef: { resource, ...(divisor && { divisor }) } },
});

const environment = group('env', [
  pod('values', env(value('A', 'a'), value('B', ''), value('C', 'two words'), value('A', 'again'))),
  pod(
    'references',
    env(
      value('A', 'a'),
      value('B', '$(A)-$(B)-$(C)'),
      value('C', '$$(A)'),
      value('D', '$(A'),
      value('E', '$(E)$(NONE)'),
    ),
  ),
  pod('fields', {
    ...env(
      field('NAME', 'metadata.name'),
      field('NS', 'metadata.namespace'),
      field('UID', 'metadata.uid'),
      field('LABEL', "metadata.labels['a']"),
      field('NOTE', "metadata.annotations['n']"),
      field('NONE', "metadata.labels['none']"),
      field('NODE', 'spec.nodeName'),
      field('ACCOUNT', 'spec.serviceAccountName'),
      field('IP', 'status.podIP'),
      field('IPS', 'status.podIPs'),
      field('HOST', 'status.hostIP'),
      field('HOSTS', 'status.hostIPs'),
    ),
    metadata: { labels: { a: 'b' }, annotations: { n: 'x' } },
  }),
  pod('resources', {
    containers: [
      sleeper('main', {
        resources: { limits: { cpu: '1500m', memory: '40Mi' }, requests: { cpu: '10m', memory: '20Mi' } },
        env: [
          limit('CPU', 'limits.cpu'),
          limit('CPU_M', 'limits.cpu', '1m'),
          limit('MEM', 'limits.memory'),
          limit('MEM_MI', 'requests.memory', '1Mi'),
          limit('REQ', 'requests.cpu', '1m'),
          limit('DISK', 'limits.ephemeral-storage'),
        ],
      }),
    ],
  }),
  pod(
    'resources that are not set',
    env(limit('CPU', 'limits.cpu'), limit('MEM', 'limits.memory'), limit('REQ', 'requests.memory')),
  ),
  pod('of a file', {
    initContainers: [
      sleeper('init', {
        command: ['/bin/sh', '-c', `printf "KEY='from file'\\n# note\\nOTHER='x'\\n" >/v/env`],
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      }),
    ],
    containers: [
      sleeper('main', {
        env: [
          { name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'env', key: 'KEY' } } },
          {
            name: 'B',
            valueFrom: { fileKeyRef: { volumeName: 'v', path: 'env', key: 'NONE', optional: true } },
          },
        ],
      }),
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  }),
  pod('in a command', {
    containers: [
      sleeper('main', {
        command: ['/bin/sh', '-c', "echo '$(A) $(NONE) $$(A)'; sleep 1000"],
        env: [value('A', 'a')],
      }),
    ],
  }),
  pod('no service links', { enableServiceLinks: false }),
]);

const names = group('names', [
  pod('a host name', { hostname: 'given' }),
  pod('a host name and a subdomain', { hostname: 'given', subdomain: 'sub' }),
  pod('a subdomain alone', { subdomain: 'sub' }),
  pod('the whole name as host name', { hostname: 'given', subdomain: 'sub', setHostnameAsFQDN: true }),
  pod('a host name instead', { hostnameOverride: 'instead.example' }),
  pod('a long name', { metadata: { name: `long-${'x'.repeat(60)}` } }),
  pod('host aliases', {
    hostAliases: [
      { ip: '192.0.2.8', hostnames: ['one', 'two'] },
      { ip: '192.0.2.9', hostnames: ['three'] },
    ],
  }),
  pod('host aliases in the network of the host', {
    hostNetwork: true,
    hostAliases: [{ ip: '192.0.2.8', hostnames: ['one'] }],
  }),
]);

const dns = group('dns', [
  pod('ClusterFirst'),
  pod('Default', { dnsPolicy: 'Default' }),
  pod('ClusterFirst in the network of the host', { hostNetwork: true }),
  pod('ClusterFirstWithHostNet', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }),
  pod('None', {
    dnsPolicy: 'None',
    dnsConfig: {
      nameservers: ['192.0.2.1'],
      searches: ['x.example'],
      options: [{ name: 'ndots', value: '3' }, { name: 'edns0' }],
    },
  }),
  pod('more than the policy has', {
    dnsConfig: {
      nameservers: ['192.0.2.1'],
      searches: ['x.example'],
      options: [{ name: 'ndots', value: '3' }, { name: 'rotate' }],
    },
  }),
  pod('Default, and more', {
    dnsPolicy: 'Default',
    dnsConfig: {
      nameservers: ['192.0.2.1', '192.0.2.2'],
      searches: ['x.example', 'a.example'],
      options: [{ name: 'timeout', value: '5' }],
    },
  }),
  pod('in another namespace', { metadata: { namespace: 'other' } }),
]);

export const environmentCases = [...environment, ...names, ...dns];
