// A static pod has the UID that it would have from the real kubelet, whose own code is asked here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isObject } from '@berth/common/json/is-object.ts';
import { readShape } from '@berth/kubelet/api/pod-shape.ts';
import { decodeManifest } from '@berth/kubelet/config/decode.ts';
import { staticPodUid } from '@berth/kubelet/config/static-pod-uid/static-pod-uid.ts';
import { seededFractions } from '@berth/test-support/random.ts';
import { cases } from '../../compare-kubelet/cases/all.ts';
import { type Manifest, realUids } from './oracle.ts';
import { RandomPods } from './random-pod.ts';

const nodeName = 'Node-1';

test('the pods that npm run compare:kubelet compares have the UIDs of the real kubelet', async () => {
  const objects = cases.flatMap(({ manifest, edit, beside = {} }) => [
    manifest,
    ...(edit ? [edit.manifest] : []),
    ...Object.values(beside),
  ]);
  const manifests = objects.map((object, index): Manifest => {
    const isUrl = index % 4 === 0;
    const file = isUrl ? `http://10.0.0.1/${index}` : `/etc/kubernetes/manifests/${index}.yaml`;
    return { text: JSON.stringify(object), file, source: isUrl ? 'http' : 'file' };
  });
  const real = await realUids(manifests, nodeName);
  const compared = manifests.flatMap(({ text, ...origin }, index) => {
    const [decoded] = decodeManifest(text, { ...origin, nodeName, seen: new Date(0), validate: 'warn' });
    return decoded?.ok && decoded.pod ? [{ text, ours: decoded.pod.metadata.uid, real: real[index] }] : [];
  });
  assert.ok(compared.length > 200, `${compared.length} of ${manifests.length} are accepted`);
  for (const { text, ours, real } of compared) assert.equal(ours, real, text);
});

for (const [density, count] of [
  [0.1, 600],
  [0.25, 100],
] as const) {
  test(`any pods have the UIDs of the real kubelet, each field with a probability of ${density}`, async () => {
    const random = new RandomPods(seededFractions(count));
    const pods = Array.from({ length: count }, () => random.pod(density));
    const file = '/m/a.yaml';
    const real = await realUids(
      pods.map((pod) => ({ text: asYaml(pod), file })),
      nodeName,
    );
    for (const [index, pod] of pods.entries()) {
      const shape = readShape('Pod', pod);
      assert.ok('object' in shape, JSON.stringify(shape));
      assert.deepEqual(shape.ignored, []);
      assert.equal(staticPodUid(shape.object, pod, { nodeName, file }), real[index], asYaml(pod));
    }
  });
}

/** YAML in JSON's notation. With the comment, the real kubelet does not take it for JSON, whose text it keeps in places. */
function asYaml(value: unknown): string {
  return `# YAML\n${jsonOf(value)}`;
}

/** JSON with all digits of a bigint. */
function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}:${jsonOf(entry)}`);
  return `{${fields.join(',')}}`;
}
