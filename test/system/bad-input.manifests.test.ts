// Manifests that cannot be run: each is told of with its file and field, and the pods beside it run on.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type FaultyNode,
  podManifest,
  startFaultyNode,
  untilForgotten,
  untilRunning,
} from '@berth/test-support/faulty-node.ts';
import { until } from '@berth/test-support/until.ts';

let node: FaultyNode;

before(async () => {
  node = await startFaultyNode({ name: 'badman' });
});
after(() => node[Symbol.asyncDispose]());

/** Each logged fault is looked for after what was logged before it. */
function newLog(): () => string {
  const logged = node.kubelet.output().length;
  return () => node.kubelet.output().slice(logged);
}

const faults: [title: string, text: string, message: RegExp][] = [
  ['not YAML', 'apiVersion: v1\nkind: Pod\nmetadata: {name: [\n', /not valid YAML: line \d+, column \d+: /],
  ['not JSON', '{"apiVersion": "v1", "kind": ', /not valid YAML: line 1, column \d+: /],
  ['binary', '\u0000\u0001\u0002', /not a Kubernetes object/],
  ['empty', '', /there is no pod, ConfigMap or Secret in this file/],
  ['no object', 'just words', /not a Kubernetes object/],
  ['another kind', podManifest({ name: 'bad' }).replace('"Pod"', '"Deployment"'), /kind: .*Deployment/],
  ['no name', podManifest({ name: '' }), /metadata\.name: Required value/],
  ['an impossible name', podManifest({ name: 'Not_Possible' }), /metadata\.name: Invalid value/],
  [
    'no containers',
    podManifest({ name: 'bad', spec: { containers: [] } }),
    /spec\.containers: Required value/,
  ],
  [
    'a field of the wrong type',
    podManifest({ name: 'bad', container: { command: 'sleep 1' } }),
    /spec\.containers\[0\]\.command: /,
  ],
  [
    'a field out of range',
    podManifest({ name: 'bad', container: { ports: [{ containerPort: 70_000 }] } }),
    /spec\.containers\[0\]\.ports\[0\]\.containerPort: Invalid value: 70000/,
  ],
  [
    'a volume that is not there',
    podManifest({ name: 'bad', container: { volumeMounts: [{ name: 'none', mountPath: '/v' }] } }),
    /spec\.containers\[0\]\.volumeMounts\[0\]\.name: Not found: "none"/,
  ],
  [
    'a field that is not supported',
    podManifest({ name: 'bad', container: { volumeDevices: [{ name: 'v', devicePath: '/dev/v' }] } }),
    /spec\.containers\[0\]\.volumeDevices: Forbidden: /,
  ],
];

for (const [title, text, message] of faults) {
  test(`${title}: the log names file and field`, async () => {
    await node.withoutTrace(async () => {
      const log = newLog();
      node.write('bad.yaml', text);
      // A file may be read before all of it is written, and told to be empty first.
      const isTold = async () => message.test(log().replaceAll('\\"', '"'));
      await until(`${title} is logged`, isTold, log);
      assert.ok(log().includes('Could not process manifest file'));
      assert.ok(log().includes(join(node.dir, 'manifests/bad.yaml')));
      assert.equal((await node.pods()).length, 1);
      node.remove('bad.yaml');
      await untilRejected(0);
    });
  });
}

const pod = podManifest({ name: 'loose' });

const ignored: [title: string, content: string | Buffer, message: RegExp][] = [
  [
    'an unknown field',
    podManifest({ name: 'loose', container: { imagePullPolcy: 'Never' } }),
    /unknown field "spec\.containers\[0\]\.imagePullPolcy" \(did you mean "imagePullPolicy"\?\)/,
  ],
  [
    'an unknown field of the spec, in UTF-16',
    Buffer.from(`\ufeff${podManifest({ name: 'loose', spec: { hostNetwrk: true } })}`, 'utf16le'),
    /unknown field "spec\.hostNetwrk"/,
  ],
  [
    'a key twice',
    `{"x-mine": 1, "kind": "Service", # not JSON\n${pod.trim().slice(1)}`,
    /key "kind" is already set/,
  ],
  ['a second document that is no YAML', `--- \n${pod}\n---\n[\n`, /not valid YAML: line \d+/],
];

for (const [title, content, message] of ignored) {
  test(`${title}: the pod runs, and the log tells`, async () => {
    await node.withoutTrace(async () => {
      const log = newLog();
      node.write('loose.yaml', content);
      await untilRunning(node, 'loose');
      await until(`${title} is logged`, async () => message.test(log().replaceAll('\\"', '"')), log);
      node.remove('loose.yaml');
      await untilForgotten(node, 'loose');
    });
  });
}

test('one bad document of several: the others run', async () => {
  await node.withoutTrace(async () => {
    const documents = [
      podManifest({ name: 'good' }),
      podManifest({ name: 'bad', spec: { resourceClaims: [{ name: 'c', resourceClaimName: 'c' }] } }),
    ];
    node.write('several.yaml', documents.join('\n---\n'));
    await untilRunning(node, 'good');
    const [fault] = await untilRejected(1);
    assert.equal(fault?.pod, 'default/bad-testnode');
    assert.match(fault?.message ?? '', /spec\.resourceClaims/);
    node.remove('several.yaml');
    await untilForgotten(node, 'good');
  });
});

test('a duplicate pod name: the first runs, the second is told of, and takes over when the first goes', async () => {
  await node.withoutTrace(async () => {
    const log = newLog();
    node.write('twin-a.json', podManifest({ name: 'twin' }));
    await untilRunning(node, 'twin');
    const [first] = (await node.pods()).filter((pod) => pod.metadata.name === 'twin-testnode');
    node.write(
      'twin-b.json',
      podManifest({ name: 'twin', container: { env: [{ name: 'SECOND', value: '1' }] } }),
    );
    const [fault] = await untilRejected(1);
    assert.equal(fault?.file, join(node.dir, 'manifests/twin-b.json'));
    assert.match(
      fault?.message ?? '',
      /^metadata\.name: Duplicate value: pod default\/twin-testnode is already defined by .*twin-a\.json/,
    );
    assert.match(log(), /metadata\.name: Duplicate value: .*twin-a\.json/);
    const shown = (await node.pods()).filter((pod) => pod.metadata.name === 'twin-testnode');
    assert.deepEqual(
      shown.map((pod) => pod.metadata.uid),
      [first?.metadata.uid],
    );
    node.remove('twin-a.json');
    const isOther = async () => {
      const twins = (await node.pods()).filter((pod) => pod.metadata.name === 'twin-testnode');
      return twins.length === 1 && twins[0]?.metadata.uid !== first?.metadata.uid;
    };
    await until('the other twin takes over', isOther, log);
    await untilRunning(node, 'twin');
    node.remove('twin-b.json');
    await untilForgotten(node, 'twin');
    await untilRejected(0);
  });
});

test('the manifest of a running pod that is broken by an edit: the pod runs on as it was', async () => {
  await node.withoutTrace(async () => {
    node.write('edited.json', podManifest({ name: 'edited' }));
    await untilRunning(node, 'edited');
    const before = await containerIds('edited');
    for (const text of [
      '{"apiVersion": "v1", ',
      podManifest({ name: 'edited', spec: { resourceClaims: [{ name: 'c', resourceClaimName: 'c' }] } }),
    ]) {
      node.write('edited.json', text);
      const [fault] = await untilRejected(1);
      assert.equal(fault?.lastGoodRuns, true);
      assert.deepEqual(await containerIds('edited'), before);
      node.write('edited.json', podManifest({ name: 'edited' }));
      await untilRejected(0);
    }
    assert.deepEqual(await containerIds('edited'), before);
    node.remove('edited.json');
    await untilForgotten(node, 'edited');
  });
});

interface Rejected {
  file: string;
  pod?: string;
  message: string;
  lastGoodRuns: boolean;
}

/** Waits until the kubelet refuses so many manifests, and returns them. */
async function untilRejected(count: number): Promise<Rejected[]> {
  let rejected: Rejected[] = [];
  const isCount = async () => {
    rejected = JSON.parse(await (await fetch(node.url('/rejected'))).text());
    return rejected.length === count;
  };
  await until(`${count} manifests are rejected`, isCount, () => JSON.stringify(rejected));
  return rejected;
}

async function containerIds(name: string): Promise<(string | undefined)[]> {
  const pod = (await node.pods()).find((each) => each.metadata.name === `${name}-testnode`);
  return (pod?.status.containerStatuses ?? []).map(({ containerID }) => containerID);
}
