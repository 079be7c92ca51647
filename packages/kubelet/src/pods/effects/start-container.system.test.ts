// Pods that cannot run, on berthd: each says why, and nothing else is disturbed.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import type { Container, Pod, PodSpec } from '../../api/pod.ts';
import type { Kubelet } from '../../kubelet.ts';
import {
  forever,
  shellPod,
  startTestNode,
  type TestNode,
  untilGone,
  untilRunning,
  untilStatus,
} from '../../testing/node.ts';

let node: TestNode;
let kubelet: Kubelet;
const witness = shellPod('witness', forever);

before(async () => {
  node = await startTestNode('berthd');
  kubelet = node.kubelet();
  kubelet.setPods([witness]);
  await untilRunning(kubelet, witness);
  mkdirSync(join(node.dir, 'volume', 'inside'), { recursive: true });
  symlinkSync('/etc', join(node.dir, 'volume', 'escape'));
  writeFileSync(join(node.dir, 'volume', 'file'), 'content of the file');
});
after(async () => {
  kubelet.setPods([]);
  await untilGone(kubelet, witness);
  assert.deepEqual(mountsBelow(node.options.rootDir), []);
  await kubelet.stop();
  await node[Symbol.asyncDispose]();
});

interface Case {
  title: string;
  spec?: Partial<Omit<PodSpec, 'containers'>>;
  container?: Partial<Container>;
  reason: string;
  message: RegExp;
}

const root = () => join(node.dir, 'volume');
const hostPath =
  (path: () => string, type: string): (() => Partial<Omit<PodSpec, 'containers'>>) =>
  () => ({
    volumes: [{ name: 'v', hostPath: { path: path(), type } }],
  });

const cases: (Omit<Case, 'spec'> & { spec?: () => Case['spec'] })[] = [
  {
    title: 'an image that nobody has',
    container: { image: 'localhost:1/none:1' },
    reason: 'ErrImagePull',
    message: /localhost:1\/none:1/,
  },
  {
    title: 'the same, waiting for another attempt',
    container: { image: 'localhost:1/none:2' },
    reason: 'ImagePullBackOff',
    message: /^Back-off pulling image "localhost:1\/none:2": ErrImagePull: /,
  },
  {
    title: 'an image that is never to be pulled',
    container: { image: 'localhost/none:1', imagePullPolicy: 'Never' },
    reason: 'ErrImageNeverPull',
    message: /^Container image "localhost\/none:1" is not present with pull policy of Never$/,
  },
  {
    title: 'an image name that is none',
    container: { image: 'Not An Image' },
    reason: 'InvalidImageName',
    message: /couldn't parse image name "Not An Image": invalid reference format/,
  },
  {
    title: 'a command that does not exist',
    container: { command: ['/bin/none'] },
    reason: 'CreateContainerError',
    message: /\/bin\/none/,
  },
  {
    title: 'runAsNonRoot with an image that runs as root',
    spec: () => ({ securityContext: { runAsNonRoot: true } }),
    reason: 'CreateContainerConfigError',
    message: /^container has runAsNonRoot and image will run as root/,
  },
  {
    title: 'a field that has no value',
    container: { env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'status.magic' } } }] },
    reason: 'CreateContainerConfigError',
    message: /^field label not supported: status\.magic$/,
  },
  {
    title: 'a hostPath that is missing',
    spec: hostPath(() => join(root(), 'none'), 'Directory'),
    container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    reason: 'ContainerCreating',
    message:
      /^MountVolume\.SetUp failed for volume "v" : hostPath type check failed, .*\/none is not a directory, unable to determine its type: /,
  },
  {
    title: 'a hostPath of another type',
    spec: hostPath(() => join(root(), 'inside'), 'Socket'),
    container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    reason: 'ContainerCreating',
    message: /inside is not a socket file, it's a Directory$/,
  },
  {
    title: 'a subPath whose link leads out of the volume',
    spec: hostPath(root, 'Directory'),
    container: { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'escape/ssh' }] },
    reason: 'CreateContainerConfigError',
    message: /SubPath `escape\/ssh`: a symbolic link leads out of the volume/,
  },
];

for (const { title, spec, container = {}, reason, message } of cases) {
  test(`${title}: ${reason}`, async () => {
    const pod: Pod = shellPod('wrong', forever, spec?.() ?? {}, container);
    kubelet.setPods([witness, pod]);
    const status = await untilStatus(kubelet, pod, `shows ${reason}`, ({ containerStatuses }) => {
      const { waiting } = containerStatuses?.[0]?.state ?? {};
      return waiting?.reason === reason && waiting.message !== undefined;
    });
    assert.match(status.containerStatuses?.[0]?.state?.waiting?.message ?? '', message);
    kubelet.setPods([witness]);
    await untilGone(kubelet, pod);
    assert.equal(existsSync(join(node.options.rootDir, 'pods', pod.metadata.uid)), false);
    await untilRunning(kubelet, witness);
  });
}

test('subPaths: a directory that is made, one of a name from the environment, and a file', async () => {
  const pod = shellPod(
    'subpath',
    `ls /own; cat /file; touch /made/x; ${forever}`,
    {
      volumes: [
        { name: 'v', hostPath: { path: root() } },
        { name: 'data', emptyDir: {} },
      ],
    },
    {
      env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [
        { name: 'v', mountPath: '/own', subPathExpr: 'by-name/$(NAME)' },
        { name: 'v', mountPath: '/file', subPath: 'file', readOnly: true },
        { name: 'data', mountPath: '/made', subPath: 'a/b' },
      ],
    },
  );
  kubelet.setPods([witness, pod]);
  await untilRunning(kubelet, pod);
  const volume = join(node.options.rootDir, 'pods', pod.metadata.uid, 'volumes/kubernetes.io~empty-dir/data');
  await untilStatus(kubelet, pod, 'wrote', () => existsSync(join(volume, 'a/b/x')));
  assert.ok(existsSync(join(root(), 'by-name/subpath')));
  kubelet.setPods([witness]);
  await untilGone(kubelet, pod);
  assert.ok(existsSync(join(root(), 'file')), 'what a hostPath shows is not deleted');
  assert.ok(existsSync(join(root(), 'by-name/subpath')));
});

test('a pod on the host network has the address of the node and its hosts file', async () => {
  const pod = shellPod('hostnet', forever, { hostNetwork: true });
  kubelet.setPods([witness, pod]);
  const status = await untilRunning(kubelet, pod);
  assert.equal(status.podIP, '192.0.2.1');
  kubelet.setPods([witness]);
  await untilGone(kubelet, pod);
});
