import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSecurityContext, SELinuxOptions } from '../../api/pod.ts';
import type { NodeSelinux } from '../../node/node-selinux.ts';
import { testPod } from '../../testing/pod.ts';
import { withoutSelinux, withSelinux } from '../../testing/selinux.ts';
import { type AskedLabel, accessModeOf, askedLabel } from './asked-label.ts';

const volumeMounts = [{ name: 'v', mountPath: '/v' }];
const file = 'system_u:object_r:container_file_t';

/** A container of each kind. Those with options of their own mount the volume; `undefined` has none. */
interface Containers {
  containers?: (SELinuxOptions | undefined)[];
  initContainers?: SELinuxOptions[];
  ephemeralContainers?: SELinuxOptions[];
}

function podWith(securityContext: PodSecurityContext, kinds: Containers) {
  const list = (prefix: string, all: (SELinuxOptions | undefined)[] = []) =>
    all.map((seLinuxOptions, index) => ({
      name: `${prefix}${index}`,
      volumeMounts,
      ...(seLinuxOptions && { securityContext: { seLinuxOptions } }),
    }));
  return testPod({
    securityContext,
    containers: [
      ...list('c', kinds.containers),
      { name: 'other', securityContext: { seLinuxOptions: { level: 's0:c9' } } },
    ],
    initContainers: list('i', kinds.initContainers),
    ephemeralContainers: list('e', kinds.ephemeralContainers),
  });
}

const one = (label: string): AskedLabel => ({ is: 'one', label });
const [c1, c2] = [{ level: 's0:c1' }, { level: 's0:c2' }];
const table: [string, PodSecurityContext, Containers, AskedLabel][] = [
  ['nobody asks', {}, { containers: [undefined] }, one('')],
  ["the pod's options", { seLinuxOptions: c1 }, { containers: [undefined, undefined] }, one(`${file}:s0:c1`)],
  [
    "a container's options, and not those of one without the volume",
    {},
    { containers: [c1] },
    one(`${file}:s0:c1`),
  ],
  [
    "a container's options are in the place of all of the pod's",
    { seLinuxOptions: { user: 'u', ...c2 } },
    { containers: [c1] },
    one(`${file}:s0:c1`),
  ],
  [
    'of role and type, files have their own',
    { seLinuxOptions: { role: 'r', type: 't', ...c1 } },
    { containers: [undefined] },
    one(`${file}:s0:c1`),
  ],
  [
    'a user is that of files, too',
    { seLinuxOptions: { user: 'u', ...c1 } },
    { containers: [undefined] },
    one('u:object_r:container_file_t:s0:c1'),
  ],
  [
    'only the runtime knows the level',
    { seLinuxOptions: { type: 't' } },
    { containers: [undefined] },
    one(''),
  ],
  ['empty options', { seLinuxOptions: {} }, { containers: [undefined] }, one('')],
  [
    'a container without options beside one with some does not count',
    {},
    { containers: [undefined, c1] },
    one(`${file}:s0:c1`),
  ],
  [
    'two containers with two labels',
    { seLinuxOptions: c2 },
    { containers: [undefined, c1] },
    { is: 'several', labels: [`${file}:s0:c1`, `${file}:s0:c2`] },
  ],
  [
    'an init container counts',
    { seLinuxOptions: c1 },
    { containers: [undefined], initContainers: [c2] },
    { is: 'several', labels: [`${file}:s0:c1`, `${file}:s0:c2`] },
  ],
  [
    'an ephemeral container counts',
    { seLinuxOptions: c1 },
    { containers: [undefined], ephemeralContainers: [c2] },
    { is: 'several', labels: [`${file}:s0:c1`, `${file}:s0:c2`] },
  ],
  [
    'a pod that wants its volumes relabelled',
    { seLinuxOptions: c1, seLinuxChangePolicy: 'Recursive' },
    { containers: [undefined] },
    one(''),
  ],
  [
    'a pod that does not',
    { seLinuxOptions: c1, seLinuxChangePolicy: 'MountOption' },
    { containers: [undefined] },
    one(`${file}:s0:c1`),
  ],
  [
    'a pod that wants them relabelled, with two labels, as in the real kubelet',
    { seLinuxOptions: c1, seLinuxChangePolicy: 'Recursive' },
    { containers: [undefined, c2] },
    { is: 'several', labels: [`${file}:s0:c1`, `${file}:s0:c2`] },
  ],
];
for (const [name, securityContext, kinds, expected] of table) {
  test(name, () => {
    assert.deepEqual(askedLabel(withSelinux, podWith(securityContext, kinds), 'v'), expected);
  });
}

const nodes: [string, NodeSelinux, string][] = [
  ['a node without SELinux', withoutSelinux, ''],
  ['a policy without contexts for containers', { isEnabled: true, policy: undefined }, ''],
  [
    'a policy without levels',
    { isEnabled: true, policy: { process: 'a:b:p_t', file: 'a:b:f_t' } },
    'u:b:f_t',
  ],
];
for (const [name, selinux, label] of nodes) {
  test(name, () => {
    const pod = podWith({ seLinuxOptions: { user: 'u' } }, { containers: [undefined] });
    assert.deepEqual(askedLabel(selinux, pod, 'v'), one(label));
  });
}

const modes: [string[] | undefined, string][] = [
  [['ReadWriteOncePod'], 'RWOP'],
  [['ReadWriteOncePod', 'ReadWriteOnce'], 'RWO'],
  [['ReadWriteOnce', 'ReadOnlyMany'], 'ROX'],
  [['ReadOnlyMany', 'ReadWriteMany'], 'RWX'],
  [undefined, ''],
];
for (const [accessModes, expected] of modes) {
  test(`metrics name the access modes ${accessModes?.join(', ')}: ${expected}`, () => {
    assert.equal(accessModeOf({ spec: { ...(accessModes && { accessModes }) } }), expected);
  });
}
