// UIDs that the real kubelet 1.37.2 gives the pods of these manifests (test/peers/kubernetes/static-pod-uid says so).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readShape } from '../../api/pod-shape.ts';
import { type ManifestOrigin, staticPodUid } from './static-pod-uid.ts';

interface Changes {
  metadata?: object;
  spec?: object;
  container?: object;
  status?: object;
}

const origin: ManifestOrigin = { nodeName: 'Node-1', file: '/manifests/a.yaml' };

function uidOf({ metadata, spec, container, status }: Changes, from = origin): string {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...metadata },
    spec: { containers: [{ name: 'main', image: 'nginx:1.27', ...container }], ...spec },
    ...(status && { status }),
  };
  const shape = readShape('Pod', manifest);
  assert.ok('object' in shape, JSON.stringify(shape));
  return staticPodUid(shape.object, manifest, from);
}

const manifests: readonly [title: string, changes: Changes, uid: string][] = [
  ['the least', {}, 'faed36c28bcd95c561fc7739ea2205cb'],
  [
    'defaults written out',
    {
      spec: {
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        securityContext: {},
        enableServiceLinks: true,
        terminationGracePeriodSeconds: 30,
      },
      container: {
        imagePullPolicy: 'IfNotPresent',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
      },
    },
    'faed36c28bcd95c561fc7739ea2205cb',
  ],
  ['an empty map', { metadata: { labels: {} } }, 'd948309ea345e0dfd6312ee57363edee'],
  ['an empty list', { container: { args: [] } }, '00275ec4f4915c79b625146228befb96'],
  ['a null', { spec: { volumes: null } }, 'faed36c28bcd95c561fc7739ea2205cb'],
  [
    'nulls in lists',
    { container: { args: [null], command: [null, 'a'] } },
    '75f4841e0617ab257dfb523fb9d03cba',
  ],
  [
    'keys in order of their bytes',
    { metadata: { labels: { b: '1', a: '2', '\ud83d\ude00': '3', '\ufffd': '4' } } },
    '68ab6205f31eec7a9499500509d3ac83',
  ],
  ['an unknown field', { spec: { nope: 1 } }, 'faed36c28bcd95c561fc7739ea2205cb'],
  ['a namespace', { metadata: { namespace: 'kube-system' } }, '9701cfd435591b53a2ef4001c38617f4'],
  [
    'a creation time',
    { metadata: { creationTimestamp: '2024-01-02T03:04:05Z' } },
    'd939678f3069e7ceca89900f86fdcf1d',
  ],
  [
    'a managed field',
    {
      metadata: {
        managedFields: [
          {
            manager: 'k',
            time: '2024-01-02T03:04:05.5+01:00',
            fieldsV1: { 'f:spec': { 'f:a': {}, 'f:b': {} } },
          },
        ],
      },
    },
    '98ae4633dd3dd753ea527ea61946585d',
  ],
  [
    'a status',
    {
      status: {
        podIP: '10.0.0.1',
        phase: 'Running',
        containerStatuses: [{ name: 'main', allocatedResources: { cpu: '0.0001' } }],
      },
    },
    '90568a67c6ab9cb504a84cf33564c3c1',
  ],
  ['an empty status', { status: {} }, 'faed36c28bcd95c561fc7739ea2205cb'],
  [
    'host network',
    { spec: { hostNetwork: true }, container: { ports: [{ containerPort: 80 }] } },
    'fc87f033aa01dafdc329731471129369',
  ],
  [
    'a port by name',
    { container: { livenessProbe: { httpGet: { port: 'web' } } } },
    '847b9e143745deeb611d86f6f5e3fd2f',
  ],
  [
    'a port by number',
    { container: { livenessProbe: { httpGet: { port: 80 } } } },
    'e8e9b3b3714dbf0785ab27dccbacdcd0',
  ],
  [
    'a probe by gRPC',
    { container: { startupProbe: { grpc: { port: 80 } } } },
    '1d210411a70e74337173108656a34d78',
  ],
  [
    'a hook',
    { container: { lifecycle: { preStop: { httpGet: { port: 80 } } } } },
    'af7b3724e468068c1ec1156d62e105e8',
  ],
  [
    'a 64-bit number',
    { spec: { terminationGracePeriodSeconds: 9223372036854775807n } },
    '7810a0ea7d2c80a2a69d27fa603ebf8c',
  ],
  [
    'a negative grace period',
    { spec: { terminationGracePeriodSeconds: -5 } },
    '3740ed058069abb3130869fe542393e5',
  ],
  ['an image without a tag', { container: { image: 'nginx' } }, '66f9148e801fe9f0a795345ab99f4c3b'],
  [
    'an image with a name that is none',
    { container: { image: 'Nginx:latest' } },
    '4d2e7728573efd31ea9e969c8f9741f6',
  ],
  ['a service account', { spec: { serviceAccount: 'a' } }, '486909cddf34ed1115a31732ca33de47'],
  [
    'references',
    {
      container: {
        env: [
          { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'C', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'p', key: 'k' } } },
        ],
      },
    },
    '83e6739fa8c03f5c823b1ebc14f913d5',
  ],
  [
    'a divisor of zero',
    {
      container: {
        env: [{ name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } }],
      },
    },
    '24bd7114a36b7024dab082fc3bc3d73e',
  ],
  [
    'volumes',
    {
      spec: {
        volumes: [
          { name: 'a' },
          { name: 'b', hostPath: { path: '/b' } },
          { name: 'c', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
          {
            name: 'd',
            projected: {
              sources: [
                { serviceAccountToken: { path: 't' } },
                { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
              ],
            },
          },
          { name: 'e', secret: { secretName: 's' } },
          { name: 'f', configMap: { name: 's' } },
          { name: 'g', image: { reference: 'a' } },
        ],
      },
    },
    '0b6e912c7856f9bea800bba672e758c8',
  ],
  [
    'volumes that are not mounted',
    {
      spec: {
        volumes: [
          { name: 'a', azureDisk: { diskName: 'd', diskURI: 'u' } },
          { name: 'b', iscsi: { targetPortal: 'p', iqn: 'i', lun: 0 } },
          { name: 'c', rbd: { monitors: ['m'], image: 'i' } },
          {
            name: 'e',
            ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1Gi' } } } } },
          },
        ],
      },
    },
    'd0528454d8f84a801ca40a6d8fd47e6f',
  ],
];

for (const [title, changes, uid] of manifests) {
  test(`the UID of a pod with ${title} is the real kubelet's`, () => assert.equal(uidOf(changes), uid));
}

const quantities: readonly [quantity: string | number, uid: string][] = [
  ['0', '1c01405be9a99f4bee058781f1af0e39'],
  ['0.0', 'fce9681611e79619717413e3726054b9'],
  ['1', '1a6e39a7d7390952f145df605c403e11'],
  ['1000', 'da099f84fe83890415db424d2e3cf1fb'],
  ['0.5', '08573fe1bb7c3d4747b0dc01e72c869b'],
  ['500m', '49e3aa1ba190b8c8c8e23666e0789e47'],
  ['0.0001', '5ca5dc13f89b290dd65fa991b360c843'],
  ['1.5', '7e5d1d25267163452b564032ef7dd77f'],
  ['100u', '5ca5dc13f89b290dd65fa991b360c843'],
  ['1e3', '12945ed6408131fe4b20246c47b8adc9'],
  ['64Mi', '8df349eaab1723a0fb0752614481714f'],
  ['8Ki', '57a844511af4d8386495f9678e124327'],
  ['1.5Gi', 'c64d8bd9e8431a71243b5b076802a3f9'],
  ['0.1Ki', '61ac6c312a39e1016eaeb1835476ee9b'],
  ['16Ei', '3b6cc01605f18d0508ce9ef7b939486f'],
  ['123456789012345678901', '275482bf98e463ff8798728a6369d373'],
  ['-1.5Gi', '064dc13dac79c01bd38598ae9fa5c87f'],
  [2, '1fcd46de5a190372c2c9e4af8f7d27b1'],
  [0.5, '08573fe1bb7c3d4747b0dc01e72c869b'],
];

for (const [cpu, uid] of quantities) {
  test(`the UID of a pod with a limit written as ${JSON.stringify(cpu)} is the real kubelet's`, () => {
    assert.equal(uidOf({ container: { resources: { limits: { cpu } } } }), uid);
  });
}

test('the UID of a pod from a URL does not depend on the node', () => {
  const fromUrl = { nodeName: 'Node-1', file: 'http://10.0.0.1/a', source: 'http' } as const;
  assert.equal(uidOf({}, fromUrl), '6291eb018ef8c9cce1afa1395c03cd94');
  assert.equal(uidOf({}, { ...fromUrl, nodeName: 'b' }), uidOf({}, fromUrl));
});

test('the UID of a pod from a file depends on the node and the path', () => {
  assert.notEqual(uidOf({}, { ...origin, nodeName: 'node-1' }), uidOf({}));
  assert.notEqual(uidOf({}, { ...origin, file: '/manifests/b.yaml' }), uidOf({}));
});
