// Users that own the files of volumes: the volume's, and that of a single file.
import assert from 'node:assert/strict';
import type { Volume } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { shellIn } from '../testing/exec.ts';
import { forever, shellPod, untilRunning } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

const keys = (user: number) => [
  { key: 'a', path: 'a' },
  { key: 'b', path: 'b', user },
];
const facts = (user: number) => [
  { path: 'a', fieldRef: { fieldPath: 'metadata.name' } },
  { path: 'b', user, fieldRef: { fieldPath: 'metadata.name' } },
];

const volumes: Volume[] = [
  { name: 'config', configMap: { name: 'owned', defaultMode: 0o400, defaultUser: 11, items: keys(12) } },
  { name: 'keys', secret: { secretName: 'owned', defaultMode: 0o400, defaultUser: 21, items: keys(22) } },
  { name: 'pod', downwardAPI: { defaultMode: 0o400, defaultUser: 31, items: facts(32) } },
  {
    name: 'all',
    projected: {
      defaultMode: 0o400,
      defaultUser: 41,
      sources: [
        { configMap: { name: 'owned', items: [{ key: 'a', path: 'c/a' }] } },
        { secret: { name: 'owned', items: [{ key: 'b', path: 'c/b', user: 42 }] } },
        { downwardAPI: { items: [{ path: 'd', user: 43, fieldRef: { fieldPath: 'metadata.name' } }] } },
      ],
    },
  },
];

onEveryRuntime((podTest) => {
  podTest(
    'files belong to the users that their volumes name, and only these read them',
    async ({ node, kubelet }) => {
      node.objects.set('ConfigMap', 'owned', { a: '1', b: '2' });
      node.objects.set('Secret', 'owned', { a: '3', b: '4' });
      const pod = shellPod(
        'owners',
        forever,
        { securityContext: { runAsUser: 21, runAsGroup: 99 }, volumes },
        { volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })) },
      );
      kubelet.setPods([pod]);
      await untilRunning(kubelet, pod);
      const { output } = await shellIn(
        node,
        pod,
        'for f in config/a config/b keys/a keys/b pod/a pod/b all/c/a all/c/b all/d; do stat -L -c %u:%a /$f; done',
      );
      assert.deepEqual(
        output.trim().split('\n'),
        [11, 12, 21, 22, 31, 32, 41, 42, 43].map((user) => `${user}:400`),
      );
      assert.equal(
        (await shellIn(node, pod, 'cat /keys/a; cat /keys/b 2>/dev/null || echo " not mine"')).output,
        '3 not mine\n',
      );
      await endAll(node, kubelet, pod);
    },
  );
});
