import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainRuntime } from '../config/config.ts';
import { passedAnnotations, runtimeAnnotations, specAnnotations } from './annotations.ts';

const annotations = { 'dev.gvisor.a': '1', 'dev.gvisor.b': '2', 'run.oci.systemd': '3', other: '4' };

const cases: [patterns: string[], passed: string[]][] = [
  [[], []],
  [['other'], ['other']],
  [['oth'], []],
  [['dev.gvisor.*'], ['dev.gvisor.a', 'dev.gvisor.b']],
  [['*'], Object.keys(annotations)],
];

for (const [patterns, passed] of cases) {
  test(`of all annotations [${patterns}] pass [${passed}]`, () => {
    assert.deepEqual(Object.keys(passedAnnotations(patterns, annotations)), passed);
  });
}

test('what a container belongs to, under the keys of containerd; a sandbox has no container name and image', () => {
  const sandbox = { id: 's1', name: 'web', namespace: 'shop', uid: 'u1' };
  const both = {
    'io.kubernetes.cri.sandbox-id': 's1',
    'io.kubernetes.cri.sandbox-name': 'web',
    'io.kubernetes.cri.sandbox-namespace': 'shop',
    'io.kubernetes.cri.sandbox-uid': 'u1',
  };
  assert.deepEqual(specAnnotations({ sandbox, type: 'sandbox' }), {
    ...both,
    'io.kubernetes.cri.container-type': 'sandbox',
  });
  assert.deepEqual(specAnnotations({ sandbox, type: 'container', containerName: 'app', imageName: 'a:1' }), {
    ...both,
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.container-name': 'app',
    'io.kubernetes.cri.image-name': 'a:1',
  });
});

const orders = [
  ...[
    'run.oci.handler',
    'org.criu.config',
    'org.systemd.property.After',
    'krun.cpus',
    'module.wasm.image/variant',
  ],
  ...['io.containers.trace-syscall', 'io.katacontainers.config.x', 'io.kubernetes.cri.container-type'],
  ...['io.kubernetes.cri-o.UnifiedCgroup.main', 'dev.gvisor.a', 'cdi.k8s.io/x', 'nvidia.cdi.k8s.io/x'],
];

test('without a list crun and runc see all annotations but orders, other runtimes none', () => {
  const pod = Object.fromEntries(
    [...orders, 'owner', 'both', 'kubernetes.io/config.hash'].map((name) => [name, 'pod']),
  );
  const container = Object.fromEntries(
    [...orders, 'both', 'io.kubernetes.container.hash'].map((name) => [name, 'own']),
  );
  const seen = (flavor: 'crun' | 'runc' | 'other', lists: object = {}) =>
    runtimeAnnotations({ flavor, handler: { ...plainRuntime('x'), ...lists } }, pod, container);
  const all = {
    owner: 'pod',
    both: 'own',
    'kubernetes.io/config.hash': 'pod',
    'io.kubernetes.container.hash': 'own',
  };
  assert.deepEqual(seen('crun'), all);
  assert.deepEqual(seen('runc'), all);
  assert.deepEqual(seen('other'), {});
  assert.deepEqual(seen('crun', { podAnnotations: [], containerAnnotations: ['run.oci.*'] }), {
    'run.oci.handler': 'own',
  });
  assert.deepEqual(seen('other', { podAnnotations: ['owner'] }), { owner: 'pod' });
});
