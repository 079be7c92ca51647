// Which namespaces a pod's containers have: the node's, the pod's or their own.
import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { testImage } from '@berth/test-support/pods.ts';
import type { Pod, PodSpec } from '../api/pod.ts';
import { onEveryRuntime } from '../testing/every-runtime.ts';
import { shellIn } from '../testing/exec.ts';
import { forever, shellPod, untilRunning } from '../testing/node.ts';
import { testContainer } from '../testing/pod.ts';
import { endAll } from '../testing/remains.ts';

const kinds = ['pid', 'ipc', 'net'] as const;
type Namespaces = Record<(typeof kinds)[number], string>;

const namespacesOf = (links: readonly string[]): Namespaces => {
  const [pid = '', ipc = '', net = ''] = links;
  return { pid, ipc, net };
};

/** A pod of the containers `main` and `other`. */
function podOfTwo(name: string, spec: Partial<Omit<PodSpec, 'containers'>>): Pod {
  const pod = shellPod(name, forever, spec);
  const other = testContainer({ name: 'other', image: testImage, command: ['/bin/sh', '-c', forever] });
  return { ...pod, spec: { ...pod.spec, containers: [...pod.spec.containers, other] } };
}

onEveryRuntime((podTest) => {
  podTest('hostPID, hostIPC, hostNetwork and shareProcessNamespace', async ({ node, kubelet }) => {
    const ofNode = namespacesOf(kinds.map((kind) => readlinkSync(`/proc/self/ns/${kind}`)));
    const pods = {
      usual: podOfTwo('usual', {}),
      sharing: podOfTwo('sharing', { shareProcessNamespace: true }),
      hostPid: podOfTwo('host-pid', { hostPID: true }),
      hostIpc: podOfTwo('host-ipc', { hostIPC: true }),
      hostNetwork: podOfTwo('host-network', { hostNetwork: true }),
    };
    kubelet.setPods(Object.values(pods));
    const seen = async (pod: Pod, container: string): Promise<Namespaces> => {
      const look = kinds.map((kind) => `/bin/busybox readlink /proc/self/ns/${kind}`).join('; ');
      return namespacesOf((await shellIn(node, pod, look, container)).output.split('\n'));
    };
    /** Which namespaces are the node's, and which the containers share. */
    const facts = async (pod: Pod): Promise<{ ofNode: string[]; shared: string[] }> => {
      await untilRunning(kubelet, pod);
      const [main, other] = [await seen(pod, 'main'), await seen(pod, 'other')];
      return {
        ofNode: kinds.filter((kind) => main[kind] === ofNode[kind]),
        shared: kinds.filter((kind) => main[kind] === other[kind]),
      };
    };
    assert.deepEqual(await facts(pods.usual), { ofNode: [], shared: ['ipc', 'net'] });
    assert.deepEqual(await facts(pods.sharing), { ofNode: [], shared: ['pid', 'ipc', 'net'] });
    assert.deepEqual(await facts(pods.hostPid), { ofNode: ['pid'], shared: ['pid', 'ipc', 'net'] });
    assert.deepEqual(await facts(pods.hostIpc), { ofNode: ['ipc'], shared: ['ipc', 'net'] });
    assert.deepEqual(await facts(pods.hostNetwork), { ofNode: ['net'], shared: ['ipc', 'net'] });
    await endAll(node, kubelet, ...Object.values(pods));
  });
});
