import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readService } from './read-service.ts';
import { type ServiceAddress, servicesFor, serviceVariables } from './service-variables.ts';

const port = (number: number, name = '', protocol = 'TCP') => ({ name, port: number, protocol });
const service = (namespace: string, name: string, clusterIP = '10.0.0.1'): ServiceAddress => ({
  namespace,
  name,
  clusterIP,
  ports: [port(443)],
});

test('a pod is told of the services of its namespace and of the API server', () => {
  const all = [
    service('default', 'kubernetes'),
    service('default', 'web'),
    service('other', 'db'),
    service('other', 'kubernetes'),
  ];
  const names = (namespace: string, links: boolean): string[] =>
    servicesFor(all, namespace, links).map((each) => `${each.namespace}/${each.name}`);
  assert.deepEqual(names('default', true), ['default/kubernetes', 'default/web']);
  assert.deepEqual(names('default', false), ['default/kubernetes']);
  // As in Kubernetes, a service of the namespace with the API server's name is the one that counts.
  assert.deepEqual(names('other', true), ['other/kubernetes', 'other/db']);
  assert.deepEqual(names('none', false), ['default/kubernetes']);
});

test('the variables of a service, those of its first port without its name', () => {
  const dns = {
    ...service('x', 'kube-dns', 'fd00::a'),
    ports: [port(53, 'dns-udp', 'UDP'), port(9153, 'metrics')],
  };
  assert.deepEqual(
    [...serviceVariables([dns])].map(([name, value]) => `${name}=${value}`),
    [
      'KUBE_DNS_SERVICE_HOST=fd00::a',
      'KUBE_DNS_SERVICE_PORT=53',
      'KUBE_DNS_SERVICE_PORT_DNS_UDP=53',
      'KUBE_DNS_SERVICE_PORT_METRICS=9153',
      'KUBE_DNS_PORT=udp://[fd00::a]:53',
      'KUBE_DNS_PORT_53_UDP=udp://[fd00::a]:53',
      'KUBE_DNS_PORT_53_UDP_PROTO=udp',
      'KUBE_DNS_PORT_53_UDP_PORT=53',
      'KUBE_DNS_PORT_53_UDP_ADDR=fd00::a',
      'KUBE_DNS_PORT_9153_TCP=tcp://[fd00::a]:9153',
      'KUBE_DNS_PORT_9153_TCP_PROTO=tcp',
      'KUBE_DNS_PORT_9153_TCP_PORT=9153',
      'KUBE_DNS_PORT_9153_TCP_ADDR=fd00::a',
    ],
  );
});

test('a service without an address of the cluster is none', () => {
  const read = (clusterIP: unknown) =>
    readService({ metadata: { namespace: 'a', name: 'b' }, spec: { clusterIP, ports: [{ port: 80 }] } });
  assert.deepEqual(read('10.0.0.2'), {
    namespace: 'a',
    name: 'b',
    clusterIP: '10.0.0.2',
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
  });
  for (const none of ['None', '', undefined]) assert.equal(read(none), undefined);
});
