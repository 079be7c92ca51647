import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  initialCsiNode,
  isOwned,
  nodeWithDriver,
  nodeWithoutDriver,
  withDriver,
  withMigrated,
  withoutDriver,
} from './csi-node-object.ts';

const owner = { name: 'n', uid: 'u' };
const driver = { name: 'd', nodeId: 'id', maxVolumes: 0n, topology: {} };

test('the object belongs to the node and names the kinds of volumes that CSI drivers have taken over', () => {
  const made = initialCsiNode(owner);
  assert.equal(isOwned(made, owner), true);
  assert.equal(isOwned(made, { name: 'n', uid: 'other' }), false);
  assert.equal(withMigrated(made), made);
  const bare = { ...made, metadata: { name: 'n' } };
  assert.deepEqual(withMigrated(bare).metadata.annotations, made.metadata.annotations);
});

test('drivers are added, replaced and removed, and what is the same stays the same object', () => {
  const none = initialCsiNode(owner);
  const one = withDriver(none, driver);
  assert.deepEqual(one.spec.drivers, [{ name: 'd', nodeID: 'id' }]);
  assert.equal(withDriver(one, driver), one);
  const topology = { 'b/zone': '2', 'a/zone': '1' };
  const limited = withDriver(one, { ...driver, maxVolumes: 5n, topology });
  assert.deepEqual(limited.spec.drivers, [
    { name: 'd', nodeID: 'id', topologyKeys: ['a/zone', 'b/zone'], allocatable: { count: 5 } },
  ]);
  assert.equal(withDriver(limited, { ...driver, maxVolumes: 5n, topology }), limited);
  const huge = withDriver(none, { ...driver, maxVolumes: 2n ** 40n });
  assert.equal(huge.spec.drivers?.[0]?.allocatable?.count, 2 ** 31 - 1);
  const asServed = { ...none, spec: { drivers: null } };
  assert.deepEqual(withDriver(asServed, driver).spec, one.spec);
  assert.equal(withoutDriver(asServed, 'd'), asServed);
  assert.equal(withoutDriver(none, 'd'), none);
  assert.deepEqual(withoutDriver(one, 'd').spec.drivers, []);
});

test("the node has each driver's id and topology", () => {
  const node = { metadata: { name: 'n', labels: { a: '1' } } };
  const one = nodeWithDriver(node, { ...driver, topology: { zone: 'z' } });
  assert.deepEqual(one.metadata.labels, { a: '1', zone: 'z' });
  assert.deepEqual(one.metadata.annotations, { 'csi.volume.kubernetes.io/nodeid': '{"d":"id"}' });
  const two = nodeWithDriver(one, { ...driver, name: 'c' });
  assert.deepEqual(two.metadata.annotations, { 'csi.volume.kubernetes.io/nodeid': '{"c":"id","d":"id"}' });
  assert.throws(
    () => nodeWithDriver(one, { ...driver, topology: { zone: 'y' } }),
    /topology value collision/,
  );
  assert.equal(nodeWithoutDriver(node, 'd'), node);
  assert.deepEqual(nodeWithoutDriver(two, 'c').metadata.annotations, one.metadata.annotations);
  assert.deepEqual(nodeWithoutDriver(one, 'd').metadata.annotations, {});
});
