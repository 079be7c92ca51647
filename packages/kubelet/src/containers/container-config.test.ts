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
        place: {
          hostIps: [],
          podIps: [],
          node: testCapacity,
          objects: { configMap: () => undefined, secret: () => undefined },
          envFile: () => ({ path: '', content: Buffer.alloc(0) }),
        },
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
