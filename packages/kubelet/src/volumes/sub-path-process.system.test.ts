// Volumes of a file server that is down, which a FUSE file system whose requests nobody reads stands in for: system calls
// there do not return. Neither the kubelet nor berthd waits, and the pods end nevertheless.
import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mount, unmount } from '@berth/linux/mounts/mount.ts';
import type { Pod } from '../api/pod.ts';
import { forever, shellPod, startTestNode, untilRunning, untilStatus } from '../testing/node.ts';
import { endAll } from '../testing/remains.ts';

/** A file system at `directory` that answers nothing until it is disposed of. */
function mountDeadFileSystem(directory: string): Disposable {
  mkdirSync(directory);
  const descriptor = openSync('/dev/fuse', 'r+');
  const data = `fd=${descriptor},rootmode=40000,user_id=0,group_id=0,allow_other`;
  mount({ source: 'dead', target: directory, fstype: 'fuse', data });
  return {
    [Symbol.dispose]: () => {
      // Ends the connection, and with it what waits.
      closeSync(descriptor);
      unmount(directory, { detach: true });
    },
  };
}

const noFuse = existsSync('/dev/fuse') ? {} : { skip: 'this kernel has no FUSE' };

test('a server that is down holds up neither other pods nor the end of its own', noFuse, async () => {
  await using node = await startTestNode('berthd');
  const path = join(node.dir, 'dead');
  using _ = mountDeadFileSystem(path);
  const kubelet = node.kubelet();
  const deadPod = (name: string, subPath?: string): Pod =>
    shellPod(
      name,
      forever,
      { volumes: [{ name: 'files', hostPath: { path } }] },
      { volumeMounts: [{ name: 'files', mountPath: '/data', ...(subPath && { subPath }) }] },
    );
  // More than the kubelet creates at once, and than a pool of threads bears.
  const parts = Array.from({ length: 4 }, (_each, index) => deadPod(`part-${index}`, 'part'));
  const wholes = Array.from({ length: 18 }, (_each, index) => deadPod(`whole-${index}`));
  const stuck = [...parts, ...wholes];
  kubelet.setPods(stuck);
  for (const pod of stuck) await untilStatus(kubelet, pod, 'waits', ({ phase }) => phase === 'Pending');
  const beside = shellPod('beside', forever);
  kubelet.setPods([...stuck, beside]);
  await untilRunning(kubelet, beside);
  for (const pod of parts) {
    const { containerStatuses } = await untilStatus(
      kubelet,
      pod,
      'says why it waits',
      (status) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    const message = containerStatuses?.[0]?.state?.waiting?.message ?? '';
    assert.equal(
      message,
      `unable to provision SubPath \`part\`: ${path} does not answer within 30 s: is its file server down?`,
    );
  }
  const later = shellPod('later', forever);
  kubelet.setPods([...stuck, beside, later]);
  await untilRunning(kubelet, later);
  await endAll(node, kubelet, ...stuck, beside, later);
  await kubelet.stop();
});
