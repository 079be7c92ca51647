import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, manifest, podOf } from '../../testing/manifest.ts';

const withVolume = (source: object) => manifest({ spec: { volumes: [{ name: 'v', ...source }] } });
const withMount = (mount: object, source: object = {}) =>
  manifest({
    spec: { volumes: [{ name: 'v', ...source }] },
    container: { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] },
  });
const label = { fieldRef: { fieldPath: 'metadata.labels' } };
const item = (path: string) => ({ key: 'k', path });
const volume = 'spec.volumes[0]';
const mounted = 'spec.containers[0].volumeMounts[0]';
const modes = 'must be a number between 0 and 0777 (octal), both inclusive';

const faults: [text: string, problem: string][] = [
  [withVolume({ configMap: {} }), `${volume}.configMap.name: Required value`],
  [withVolume({ secret: {} }), `${volume}.secret.secretName: Required value`],
  [
    withVolume({ configMap: { name: 'c', defaultMode: 0o1000 } }),
    `${volume}.configMap.defaultMode: Invalid value: 512: ${modes}`,
  ],
  [
    withVolume({ secret: { secretName: 's', defaultUser: -1 } }),
    `${volume}.secret.defaultUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
  ],
  [
    withVolume({ configMap: { name: 'c', items: [{ key: '', path: '', mode: -1 }] } }),
    `${volume}.configMap.items[0].key: Required value; ${volume}.configMap.items[0].path: Required value; ${volume}.configMap.items[0].mode: Invalid value: -1: ${modes}`,
  ],
  [
    withVolume({ configMap: { name: 'c', items: [item('/a')] } }),
    `${volume}.configMap.items[0].path: Invalid value: "/a": must be a relative path`,
  ],
  [
    withVolume({ configMap: { name: 'c', items: [item('a/../b')] } }),
    `${volume}.configMap.items[0].path: Invalid value: "a/../b": must not contain '..'`,
  ],
  [
    withVolume({ secret: { secretName: 's', items: [item('..data')] } }),
    `${volume}.secret.items[0].path: Invalid value: "..data": must not start with '..'`,
  ],
  [
    withVolume({ downwardAPI: { items: [{ path: 'p' }] } }),
    `${volume}.downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required`,
  ],
  [
    withVolume({ downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'status.podIP' } }] } }),
    `${volume}.downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"`,
  ],
  [
    withVolume({ downwardAPI: { items: [{ path: 'p', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
    `${volume}.downwardAPI.items[0].resourceFieldRef.containerName: Required value`,
  ],
  [
    withVolume({
      downwardAPI: {
        items: [{ path: 'p', ...label, resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } }],
      },
    }),
    `${volume}.downwardAPI.items[0]: Invalid value: "resource": fieldRef and resourceFieldRef can not be specified simultaneously`,
  ],
  [
    withVolume({
      projected: {
        sources: [
          { configMap: { name: 'c', items: [item('a')] } },
          { secret: { name: 's', items: [item('b'), item('a')] } },
          { downwardAPI: { items: [{ path: 'b', ...label }] } },
        ],
      },
    }),
    `${volume}.projected: Invalid value: "s": conflicting duplicate paths; ${volume}.projected: Invalid value: "b": conflicting duplicate paths`,
  ],
  [
    withVolume({ projected: { sources: [{ configMap: {}, secret: { name: 's' } }] } }),
    `${volume}.projected.sources[0].configMap.name: Required value; ${volume}.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`,
  ],
  [
    withVolume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
    `${volume}.projected.sources[0].serviceAccountToken: Forbidden: it needs an API server, and this kubelet has none`,
  ],
  [withVolume({ image: {} }), `${volume}.image.reference: Required value`],
  [
    withVolume({ image: { reference: 'a', pullPolicy: 'Sometimes' } }),
    `${volume}.image.pullPolicy: Unsupported value: "Sometimes"`,
  ],
  [
    withVolume({ nfs: { server: '', path: 'x' } }),
    `${volume}.nfs.server: Required value; ${volume}.nfs.path: Invalid value: "x": must be an absolute path`,
  ],
  [
    withVolume({ iscsi: { targetPortal: '', iqn: '', lun: 256, chapAuthSession: true } }),
    `${volume}.iscsi.targetPortal: Required value; ${volume}.iscsi.iqn: Required value; ${volume}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive; ${volume}.iscsi.secretRef: Required value`,
  ],
  [
    withVolume({ iscsi: { targetPortal: 'p', iqn: 'iqn.2026-11.a', lun: 0, initiatorName: 'a' } }),
    `${volume}.iscsi.iqn: Invalid value: "iqn.2026-11.a": must be valid format; ${volume}.iscsi.initiatorname: Invalid value: "a": must be valid format starting with iqn, eui, or naa`,
  ],
  [
    withVolume({
      iscsi: {
        targetPortal: 'p'.repeat(63),
        iqn: 'eui.0123456789abcdef',
        lun: 0,
        initiatorName: 'iqn.2026-11.a:b',
      },
    }),
    `${volume}.name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.`,
  ],
  [withVolume({ flexVolume: {} }), `${volume}.flexVolume.driver: Required value`],
  [
    withVolume({ flexVolume: { driver: 'a/b', options: { 'Storage.K8s.io/size': '1', 'k8s.io.a/b': '1' } } }),
    `${volume}.flexVolume.options[Storage.K8s.io/size]: Invalid value: "Storage.K8s.io/size": kubernetes.io and k8s.io namespaces are reserved`,
  ],
  [
    withVolume({ persistentVolumeClaim: { claimName: 'c' } }),
    `${volume}.persistentVolumeClaim: Forbidden: it needs an API server, and this kubelet has none`,
  ],
  [
    withVolume({ glusterfs: { endpoints: 'e', path: 'p' } }),
    `${volume}.glusterfs: Forbidden: Kubernetes has removed`,
  ],
  [
    withVolume({ emptyDir: { mode: 0o2000 } }),
    `${volume}.emptyDir.mode: Invalid value: 1024: must be a number between 0 and 01777 (octal), both inclusive`,
  ],
  [
    withVolume({ emptyDir: { sizeLimit: '-1' } }),
    `${volume}.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`,
  ],
  [
    withMount({ recursiveReadOnly: 'Enabled' }),
    `${mounted}.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`,
  ],
  [
    withMount({ readOnly: true, recursiveReadOnly: 'IfPossible', mountPropagation: 'HostToContainer' }),
    `${mounted}.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified`,
  ],
  [
    withMount({ readOnly: true, recursiveReadOnly: 'Always' }),
    `${mounted}.recursiveReadOnly: Unsupported value: "Always": supported values: "Disabled", "Enabled", "IfPossible"`,
  ],
  [
    withMount({ bindMountOptions: ['ro'] }),
    `${mounted}.bindMountOptions[0]: Unsupported value: "ro": supported values: "nodev", "noexec", "nosuid"`,
  ],
  [
    withMount({ bindMountOptions: ['nodev', 'nodev'] }),
    `${mounted}.bindMountOptions[1]: Duplicate value: "nodev"`,
  ],
  [
    withMount({ bindMountOptions: ['nodev'] }, { image: { reference: 'a' } }),
    `${mounted}.bindMountOptions: Invalid value: ["nodev"]: bindMountOptions may not be used with image volumes`,
  ],
  [
    withMount({ mountPropagation: 'Bidirectional' }),
    `${mounted}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
  ],
];

for (const [text, problem] of faults) {
  test(`a fault in a volume: ${problem}`, () => {
    assert.ok(faultOf(text).includes(problem), faultOf(text));
  });
}

test('volumes get the defaults of the API', () => {
  const volumesOf = (source: object) => {
    const [found] = podOf(withVolume(source)).spec.volumes ?? [];
    assert.ok(found);
    const { name: _, ...rest } = found;
    return rest;
  };
  assert.deepEqual(volumesOf({}), { emptyDir: {} });
  assert.deepEqual(volumesOf({ configMap: { name: 'c' } }), { configMap: { name: 'c', defaultMode: 0o644 } });
  assert.deepEqual(volumesOf({ secret: { secretName: 's', defaultMode: 0 } }), {
    secret: { secretName: 's', defaultMode: 0 },
  });
  const resourceFieldRef = { containerName: 'main', resource: 'limits.cpu' };
  const items = [
    { path: 'p', ...label },
    { path: 'q', resourceFieldRef },
  ];
  const complete = [
    { path: 'p', fieldRef: { fieldPath: 'metadata.labels', apiVersion: 'v1' } },
    { path: 'q', resourceFieldRef: { ...resourceFieldRef, divisor: '0' } },
  ];
  assert.deepEqual(volumesOf({ downwardAPI: { items } }), {
    downwardAPI: { items: complete, defaultMode: 0o644 },
  });
  assert.deepEqual(
    volumesOf({ projected: { sources: [{ downwardAPI: { items } }, { secret: { name: 's' } }] } }),
    {
      projected: {
        sources: [{ downwardAPI: { items: complete } }, { secret: { name: 's' } }],
        defaultMode: 0o644,
      },
    },
  );
  assert.deepEqual(volumesOf({ image: { reference: 'a' } }), {
    image: { reference: 'a', pullPolicy: 'Always' },
  });
  const iscsi = { targetPortal: 'p', iqn: 'naa.0123456789abcdef0123456789abcdef', lun: 0 };
  assert.deepEqual(volumesOf({ iscsi }), { iscsi: { ...iscsi, iscsiInterface: 'default' } });
  assert.deepEqual(volumesOf({ image: { reference: 'a:1' } }), {
    image: { reference: 'a:1', pullPolicy: 'IfNotPresent' },
  });
});
