import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, manifest, podOf } from '../../testing/manifest.ts';

const http = { httpGet: { port: 80 } };

const faults: [title: string, container: object, fault: string][] = [
  ['no handler', { livenessProbe: {} }, 'livenessProbe: Required value: must specify a handler type'],
  [
    'two handlers',
    { livenessProbe: { ...http, tcpSocket: { port: 80 } } },
    'livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
  ],
  ['no command', { startupProbe: { exec: {} } }, 'startupProbe.exec.command: Required value'],
  [
    'a port that is none',
    { readinessProbe: { httpGet: { port: 0 } } },
    'readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive',
  ],
  [
    'a port name that is none',
    { readinessProbe: { tcpSocket: { port: 'Web' } } },
    'readinessProbe.tcpSocket.port: Invalid value: "Web": must contain only lower case',
  ],
  [
    'a scheme that is none',
    { readinessProbe: { httpGet: { port: 80, scheme: 'https' } } },
    'readinessProbe.httpGet.scheme: Unsupported value: "https": supported values: "HTTP", "HTTPS"',
  ],
  [
    'a header that is none',
    { readinessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: 'c' }] } } },
    `readinessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of`,
  ],
  [
    'a protocol that is none',
    { readinessProbe: { httpGet: { port: 80, protocol: 'HTTP3' } } },
    'readinessProbe.httpGet.protocol: Unsupported value: "HTTP3": supported values: "HTTP1", "HTTP2"',
  ],
  [
    'HTTP2 with TLS',
    { readinessProbe: { httpGet: { port: 80, scheme: 'HTTPS', protocol: 'HTTP2' } } },
    'readinessProbe.httpGet.protocol: Invalid value: "HTTP2": is only supported with HTTP (H2C)',
  ],
  [
    'HTTP2 elsewhere',
    { readinessProbe: { httpGet: { port: 80, host: 'a', protocol: 'HTTP2' } } },
    'readinessProbe.httpGet.host: Invalid value: "a": must be empty when `protocol` is "HTTP2"',
  ],
  [
    'a mode that is none',
    { livenessProbe: { grpc: { port: 80, mode: 'tls' } } },
    'livenessProbe.grpc.mode: Unsupported value: "tls": supported values: "Plaintext", "TLS"',
  ],
  [
    'a negative time',
    { livenessProbe: { ...http, periodSeconds: -1 } },
    'livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'two successes of a liveness probe',
    { livenessProbe: { ...http, successThreshold: 2 } },
    'livenessProbe.successThreshold: Invalid value: 2: must be 1',
  ],
  [
    'no grace',
    { livenessProbe: { ...http, terminationGracePeriodSeconds: 0 } },
    'livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0',
  ],
  [
    'grace for a probe that ends nothing',
    { readinessProbe: { ...http, terminationGracePeriodSeconds: 5 } },
    'readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
  ],
];
for (const [title, container, fault] of faults) {
  test(`refused: ${title}`, () => {
    const message = faultOf(manifest({ container }));
    assert.ok(message.startsWith(`spec.containers[0].${fault}`), message);
  });
}

test('an init container has no probes', () => {
  const init = { name: 'i', image: 'a', readinessProbe: http };
  const message = faultOf(manifest({ spec: { initContainers: [init] } }));
  const detail = 'may not be set for init containers without restartPolicy=Always';
  assert.ok(message.includes(`spec.initContainers[0].readinessProbe: Forbidden: ${detail}`), message);
});

test('a readiness gate has a name', () => {
  const message = faultOf(manifest({ spec: { readinessGates: [{ conditionType: 'a b' }] } }));
  assert.ok(message.startsWith('spec.readinessGates[0].conditionType: Invalid value: "a b"'), message);
});

test('a probe gets the defaults of the API', () => {
  const probe = { grpc: { port: 80 }, timeoutSeconds: 0 };
  const [container] = podOf(manifest({ container: { livenessProbe: http, readinessProbe: probe } })).spec
    .containers;
  const numbers = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  assert.deepEqual(container?.livenessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    ...numbers,
  });
  assert.deepEqual(container?.readinessProbe, { grpc: { port: 80, service: '' }, ...numbers });
});
