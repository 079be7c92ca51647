// Volumes: kinds, modes, owners, sub paths, propagation.
import { testImage } from '@berth/test-support/pods.ts';
import {
  ended,
  group,
  marksDir,
  oneIsRefused,
  pod,
  readyOrNot,
  script,
  sleeper,
  stuck,
  waiting,
} from './pod.ts';

const mounted = (mount: object = {}, more: object = {}) =>
  sleeper('main', { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }], ...more });
const volume = (source: object) => [{ name: 'v', ...source }];
const testImageVolume = { image: { reference: testImage } };
const fields = [
  { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
  { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
  { path: 'deep/annotations', fieldRef: { fieldPath: 'metadata.annotations' }, mode: 0o400 },
  { path: 'one', fieldRef: { fieldPath: "metadata.labels['a']" } },
];
const resource = (path: string, name: string, divisor?: string) => ({
  path,
  resourceFieldRef: { containerName: 'main', resource: name, ...(divisor && { divisor }) },
});
const hostDir = `${marksDir}/host`;
const metadata = { labels: { a: 'b', c: 'd.e' }, annotations: { note: 'a "quoted"\nline' } };

export const volumeCases = group('volumes', [
  pod('emptyDir', { containers: [mounted()], volumes: volume({ emptyDir: {} }) }),
  pod('emptyDir in memory', { containers: [mounted()], volumes: volume({ emptyDir: { medium: 'Memory' } }) }),
  pod('emptyDir in memory of a size', {
    containers: [mounted({}, { resources: { limits: { memory: '64Mi' } } })],
    volumes: volume({ emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } }),
  }),
  pod('emptyDir of a size', { containers: [mounted()], volumes: volume({ emptyDir: { sizeLimit: '8Mi' } }) }),
  pod(
    'emptyDir of huge pages, and none asked for',
    { containers: [mounted()], volumes: volume({ emptyDir: { medium: 'HugePages' } }) },
    stuck,
  ),
  pod('emptyDir read only', { containers: [mounted({ readOnly: true })], volumes: volume({ emptyDir: {} }) }),
  pod('emptyDir of two containers', {
    containers: [
      script('a', 'echo a >/v/a; sleep 1000', { volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      sleeper('b', { volumeMounts: [{ name: 'v', mountPath: '/w', readOnly: true }] }),
    ],
    volumes: volume({ emptyDir: {} }),
  }),
  pod('fsGroup', {
    securityContext: { fsGroup: 4000, runAsUser: 1000 },
    containers: [
      script('main', 'touch /v/file; sleep 1000', {
        volumeMounts: [
          { name: 'v', mountPath: '/v' },
          { name: 'm', mountPath: '/m' },
        ],
      }),
    ],
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'm', emptyDir: { medium: 'Memory' } },
    ],
  }),
  pod('fsGroup, OnRootMismatch', {
    securityContext: { fsGroup: 4000, fsGroupChangePolicy: 'OnRootMismatch' },
    containers: [mounted()],
    volumes: volume({ downwardAPI: { items: fields } }),
    metadata,
  }),
  pod('hostPath', {
    containers: [mounted({ mountPath: '/host' })],
    volumes: volume({ hostPath: { path: '/run/node' } }),
  }),
  pod('hostPath that is made', {
    containers: [mounted()],
    volumes: volume({ hostPath: { path: `${hostDir}-made`, type: 'DirectoryOrCreate' } }),
  }),
  pod('hostPath of a file that is made', {
    containers: [mounted()],
    volumes: volume({ hostPath: { path: `${marksDir}/file-made`, type: 'FileOrCreate' } }),
  }),
  pod('hostPath of no type that is not there', {
    containers: [mounted()],
    volumes: volume({ hostPath: { path: `${hostDir}-new` } }),
  }),
  ...['Directory', 'File', 'Socket', 'CharDevice', 'BlockDevice'].map((type) =>
    pod(
      `hostPath that is no ${type}`,
      { containers: [mounted()], volumes: volume({ hostPath: { path: `${hostDir}-none`, type } }) },
      stuck,
    ),
  ),
  pod('hostPath of a device', {
    containers: [mounted()],
    volumes: volume({ hostPath: { path: '/dev/null', type: 'CharDevice' } }),
  }),
  pod('downwardAPI', {
    containers: [
      mounted(
        {},
        { resources: { limits: { cpu: '1500m', memory: '40Mi' }, requests: { cpu: '10m', memory: '20Mi' } } },
      ),
    ],
    metadata,
    volumes: volume({
      downwardAPI: {
        defaultMode: 0o640,
        items: [
          ...fields,
          resource('cpu', 'limits.cpu'),
          resource('cpu-m', 'limits.cpu', '1m'),
          resource('memory', 'requests.memory', '1Mi'),
        ],
      },
    }),
  }),
  pod('downwardAPI of limits that are not set', {
    containers: [mounted()],
    volumes: volume({
      downwardAPI: {
        items: [
          resource('cpu', 'limits.cpu'),
          resource('memory', 'limits.memory'),
          resource('request', 'requests.cpu'),
        ],
      },
    }),
  }),
  pod('downwardAPI for a user', {
    securityContext: { runAsUser: 1000, fsGroup: 5000 },
    containers: [mounted()],
    metadata,
    volumes: volume({ downwardAPI: { items: fields } }),
  }),
  pod(
    'projected downwardAPI',
    {
      containers: [mounted()],
      metadata,
      volumes: volume({
        projected: {
          defaultMode: 0o600,
          sources: [
            { downwardAPI: { items: fields.slice(0, 2) } },
            { downwardAPI: { items: [{ path: 'uid', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
          ],
        },
      }),
    },
    readyOrNot,
  ),
  pod(
    'projected for a user',
    {
      securityContext: { runAsUser: 1000 },
      containers: [mounted()],
      metadata,
      volumes: volume({ projected: { sources: [{ downwardAPI: { items: fields } }] } }),
    },
    readyOrNot,
  ),
  pod('image', {
    containers: [mounted({ mountPath: '/host-image' })],
    volumes: volume(testImageVolume),
  }),
  pod('image, a sub path', {
    containers: [mounted({ subPath: 'etc' })],
    volumes: volume(testImageVolume),
  }),
  pod(
    'image, a sub path of a file',
    {
      containers: [mounted({ mountPath: '/v/names', subPath: 'etc/passwd' })],
      volumes: volume(testImageVolume),
    },
    { settled: waiting('CreateContainerError') },
  ),
  pod(
    'image, a sub path that is not there',
    { containers: [mounted({ subPath: 'none' })], volumes: volume(testImageVolume) },
    { settled: waiting('CreateContainerError') },
  ),
  pod('image of two containers', {
    containers: [mounted({ subPath: 'etc' }), { ...mounted({ subPath: 'etc' }), name: 'second' }],
    volumes: volume(testImageVolume),
  }),
  pod('image for a user', {
    securityContext: { runAsUser: 1000, fsGroup: 4000 },
    containers: [mounted({ subPath: 'etc' })],
    volumes: volume(testImageVolume),
  }),
  pod(
    'image that cannot be pulled',
    { containers: [mounted()], volumes: volume({ image: { reference: 'localhost:1/none:1' } }) },
    { settled: waiting('ImagePullBackOff') },
  ),
  pod(
    'image that is not there',
    {
      containers: [mounted()],
      volumes: volume({ image: { reference: 'localhost:1/none:1', pullPolicy: 'Never' } }),
    },
    { settled: waiting('ErrImageNeverPull') },
  ),
  pod('sub path', { containers: [mounted({ subPath: 'a/b' })], volumes: volume({ emptyDir: {} }) }),
  pod('sub path of an expression', {
    containers: [
      mounted(
        { subPathExpr: '$(POD)/x' },
        { env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      ),
    ],
    volumes: volume({ emptyDir: {} }),
  }),
  pod('sub path of a file', {
    containers: [mounted({ subPath: 'name', mountPath: '/v/name' })],
    volumes: volume({ downwardAPI: { items: fields } }),
    metadata,
  }),
  pod(
    'sub path that leaves the volume by a link',
    {
      restartPolicy: 'Never',
      initContainers: [
        script('init', 'ln -s /etc /v/out', { volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      ],
      containers: [mounted({ subPath: 'out' })],
      volumes: volume({ emptyDir: {} }),
    },
    { settled: waiting('CreateContainerConfigError') },
  ),
  pod(
    'mount propagation',
    {
      containers: [
        sleeper('a', {
          volumeMounts: [{ name: 'v', mountPath: '/host', mountPropagation: 'HostToContainer' }],
        }),
        sleeper('b', {
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'v', mountPath: '/host', mountPropagation: 'None' }],
        }),
      ],
      volumes: volume({ hostPath: { path: '/run/node/manifests' } }),
    },
    { settled: oneIsRefused },
  ),
  pod(
    'recursively read only',
    {
      containers: [mounted({ readOnly: true, recursiveReadOnly: 'Enabled' })],
      volumes: volume({ emptyDir: {} }),
    },
    readyOrNot,
  ),
  pod('recursively read only if possible', {
    containers: [mounted({ readOnly: true, recursiveReadOnly: 'IfPossible' })],
    volumes: volume({ emptyDir: {} }),
  }),
  pod(
    'options of the bind mount',
    {
      containers: [mounted({ bindMountOptions: ['noexec'] })],
      volumes: volume({ emptyDir: {} }),
    },
    readyOrNot,
  ),
  pod('a folder over a folder', {
    containers: [
      sleeper('main', {
        volumeMounts: [
          { name: 'v', mountPath: '/v' },
          { name: 'w', mountPath: '/v/deep/w' },
        ],
      }),
    ],
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'w', emptyDir: {} },
    ],
  }),
  pod('a volume that nobody mounts', { volumes: volume({ emptyDir: { medium: 'Memory' } }) }),
  pod(
    'a container that ends leaves its files',
    {
      restartPolicy: 'Never',
      containers: [
        script('a', 'echo kept >/v/file; chmod 0400 /v/file', {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        }),
      ],
      volumes: volume({ emptyDir: {} }),
    },
    { settled: ended },
  ),
]);
