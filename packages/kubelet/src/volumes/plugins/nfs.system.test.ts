// nfs volumes of a real file server: what containers read and write there.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startNfsServer, whyNoNfs } from '@berth/test-support/nfs-server.ts';
import type { Pod, Volume } from '../../api/pod.ts';
import { shellIn } from '../../testing/exec.ts';
import { forever, shellPod, startTestNode, type TestNode, untilRunning } from '../../testing/node.ts';
import { endAll } from '../../testing/remains.ts';

const noNfs = whyNoNfs();
const needsNfs = noNfs === undefined ? {} : { skip: noNfs };

const server = '127.0.0.1';

/** A pod with the volume at /data, and the part `subPath` of it at /part. */
function nfsPod(name: string, nfs: NonNullable<Volume['nfs']>, subPath?: string): Pod {
  const part = subPath === undefined ? [] : [{ name: 'files', mountPath: '/part', subPath }];
  return shellPod(
    name,
    forever,
    { restartPolicy: 'Always', volumes: [{ name: 'files', nfs }] },
    { volumeMounts: [{ name: 'files', mountPath: '/data' }, ...part] },
  );
}

/** What the script prints in the container of the pod. */
const shell = async (node: TestNode, pod: Pod, script: string): Promise<string> =>
  (await shellIn(node, pod, script)).output;

test(
  'containers share the files of a server, and one that may only read cannot write',
  needsNfs,
  async () => {
    await using node = await startTestNode('berthd');
    const files = join(node.dir, 'served');
    mkdirSync(join(files, 'inner'), { recursive: true });
    writeFileSync(join(files, 'inner/from-the-server'), 'hello');
    await using _ = await startNfsServer(files, node.dir);
    const kubelet = node.kubelet();
    const writer = nfsPod('writer', { server, path: '/' }, 'made/deep');
    const reader = nfsPod('reader', { server, path: '/inner', readOnly: true });
    kubelet.setPods([writer, reader]);
    for (const pod of [writer, reader]) await untilRunning(kubelet, pod);
    assert.equal(
      await shell(node, writer, 'grep -oE "^[^ ]+ /data nfs4 rw" /proc/mounts'),
      `${server}:/ /data nfs4 rw\n`,
    );
    await shell(node, writer, 'echo written > /data/inner/file; echo part > /part/file');
    assert.equal(readFileSync(join(files, 'inner/file'), 'utf8'), 'written\n');
    assert.equal(readFileSync(join(files, 'made/deep/file'), 'utf8'), 'part\n');
    assert.equal(await shell(node, reader, 'cat /data/from-the-server /data/file'), 'hellowritten\n');
    assert.match(await shell(node, reader, 'echo x > /data/other'), /Read-only file system/);
    assert.ok(!existsSync(join(files, 'inner/other')));

    // The pod's directory goes, and nothing of the server's.
    await endAll(node, kubelet, writer, reader);
    assert.equal(readFileSync(join(files, 'inner/file'), 'utf8'), 'written\n');
    await kubelet.stop();
  },
);
