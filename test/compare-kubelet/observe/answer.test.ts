import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMeasured, metricFamilies, reducedBody, structureOf } from './answer.ts';

test('a structure has the types of all places', () => {
  assert.deepEqual(structureOf('{"a":[{"b":1},{"b":"x","c":null}]}'), {
    '.a[].b': 'number|string',
    '.a[].c': 'null',
  });
  assert.deepEqual(structureOf('not found\n'), ['not found', '']);
});

test('metrics have their type and labels', () => {
  const text = `# HELP a_seconds How long.
# TYPE a_seconds histogram
a_seconds_bucket{path="/x, \\"y\\"",le="1"} 3
a_seconds_sum{path="/"} 1
b 2
`;
  assert.deepEqual(metricFamilies(text), {
    a_seconds: { type: 'histogram', labels: ['le', 'path'] },
    b: { type: '', labels: [] },
  });
});

test('a text that is JSON is compared by its fields', () => {
  assert.deepEqual(reducedBody('{"a":1}', 'text'), { a: 1 });
  assert.deepEqual(reducedBody('[broken', 'text'), ['[broken']);
  assert.equal(reducedBody('anything', 'none'), null);
});

test('of statistics the pod of the requests is compared, once it is measured', () => {
  const pod = (name: string, rest: object) => ({ containers: [{}], ...rest, podRef: { name } });
  const measured = {
    pods: [
      pod('server-00-node1', {
        cpu: { usageNanoCores: 1 },
        process_stats: { process_count: 1 },
        containers: [{ rootfs: { usedBytes: 2 } }],
      }),
    ],
  };
  assert.ok(isMeasured(measured));
  for (const pods of [
    [],
    [pod('server-00-node1', {})],
    [pod('server-00-node1', { ...measured.pods[0], process_stats: undefined })],
    [pod('server-00-node1', { ...measured.pods[0], containers: [{}] })],
    [pod('other', measured.pods[0] ?? {})],
  ])
    assert.ok(!isMeasured({ pods }));
  const systemContainers = [{ name: 'kubelet' }, { name: 'pods', memory: { availableBytes: 1 } }];
  const node = { nodeName: 'n', systemContainers };
  const body = JSON.stringify({ node, pods: [...measured.pods, pod('other', { network: 1 })] });
  assert.deepEqual(reducedBody(body, 'summary'), {
    '.node.nodeName': 'string',
    '.node.systemContainers.kubelet[].name': 'string',
    '.node.systemContainers.pods[].memory.availableBytes': 'number',
    '.node.systemContainers.pods[].name': 'string',
    '.pods[].containers[].rootfs.usedBytes': 'number',
    '.pods[].cpu.usageNanoCores': 'number',
    '.pods[].podRef.name': 'string',
    '.pods[].process_stats.process_count': 'number',
  });
  assert.deepEqual(reducedBody('Forbidden', 'summary'), ['Forbidden']);
});
