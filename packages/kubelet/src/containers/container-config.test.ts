import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCapacity, testCgroupNode } from '../testing/node-facts.ts';
import { testOptions } from '../testing/options.ts';
import { testContainer, testPod } from '../testing/pod.ts';
import { containerConfig, type MountSource } from './container-config.ts';

const labelled = ['/etc/hosts', '/dev/termination-log', '/own'];
const rows: [isSELinuxEnabled: boolean, relabelled: string[]][] = [
  [true, labelled],
  [false, []],
];
for (const [isSELinuxEnabled, relabelled] of rows) {
  test(`mounts that get a label where SELinux is ${isSELinuxEnabled ? 'on' : 'off'}`, () => {
    const volumeMounts = ['own', 'node'].map((name) => ({ name, mountPath: `/${name}` }));
    const container = testContainer({ name: 'a', volumeMounts });
    const source = (isRelabelled: boolean): MountSource => ({
      from: 'node',
      hostPath: '/x',
      isReadOnly: false,
      isRelabelled,
    });
    const { mounts = [] } = containerConfig(
      testPod({ containers: [container] }),
      container,
      {
        restartCount: 0,
        image: { ref: 'i', user: { uid: 0n, username: '' } },
        devices: undefined,
        place: {
          hostIps: [],
          podIps: [],
          node: testCapacity,
          objects: { configMap: () => undefined, secret: () => undefined },
          envFile: () => ({ path: '', content: Buffer.alloc(0) }),
        },
        volumeGroups: [],
        volumeDevices: [],
        mountSources: new Map([
          ['/own', source(true)],
          ['/node', source(false)],
        ]),
        canMountRecursivelyReadOnly: true,
        hostsFile: '/hosts',
        terminationLog: '/log',
        cgroups: testCgroupNode(),
        maskedPaths: [],
        isSELinuxEnabled,
        ids: undefined,
      },
      testOptions(),
    );
    const found = mounts.filter((each) => each.selinuxRelabel).map(({ containerPath }) => containerPath);
    assert.deepEqual(found.sort(), relabelled.toSorted());
  });
}

test('a container gets what comes with its devices, beside what it has itself', () => {
  const container = testContainer({
    name: 'a',
    env: [
      { name: 'OWN', value: '$(GIVEN)' },
      { name: 'BOTH', value: 'own' },
    ],
  });
  const config = containerConfig(
    testPod({ containers: [container] }),
    container,
    {
      restartCount: 0,
      image: { ref: 'i', user: { uid: 0n, username: '' } },
      devices: {
        envs: new Map([
          ['GIVEN', 'x'],
          ['BOTH', 'device'],
        ]),
        annotations: new Map([
          ['example.com/a', 'b'],
          ['io.kubernetes.container.restartCount', '7'],
        ]),
        mounts: [{ containerPath: '/m', hostPath: '/h', readOnly: true }],
        devices: [{ containerPath: '/dev/c', hostPath: '/dev/h', permissions: 'rw' }],
        cdiDevices: ['v/c=1'],
      },
      place: {
        hostIps: [],
        podIps: [],
        node: testCapacity,
        objects: { configMap: () => undefined, secret: () => undefined },
        envFile: () => ({ path: '', content: Buffer.alloc(0) }),
      },
      volumeGroups: [],
      volumeDevices: [{ containerPath: '/dev/v', hostPath: '/link', permissions: 'mrw' }],
      mountSources: new Map(),
      canMountRecursivelyReadOnly: true,
      hostsFile: undefined,
      terminationLog: undefined,
      cgroups: testCgroupNode(),
      maskedPaths: [],
      isSELinuxEnabled: false,
      ids: undefined,
    },
    testOptions(),
  );
  const envs = (config.envs ?? []).map(({ key, value }) => `${key}=${value}`);
  assert.deepEqual(envs.toSorted(), ['BOTH=own', 'GIVEN=x', 'OWN=$(GIVEN)']);
  assert.equal(config.annotations?.['example.com/a'], 'b');
  assert.equal(config.annotations['io.kubernetes.container.restartCount'], '0');
  assert.deepEqual(config.mounts, [{ containerPath: '/m', hostPath: '/h', readonly: true }]);
  assert.deepEqual(config.devices, [
    { containerPath: '/dev/c', hostPath: '/dev/h', permissions: 'rw' },
    { containerPath: '/dev/v', hostPath: '/link', permissions: 'mrw' },
  ]);
  assert.deepEqual(config.CDIDevices, [{ name: 'v/c=1' }]);
});
