// Things that people do wrong with a new tool, and what the message has to say: where, what, and what to do next.
import type { RunOptions } from './room.ts';

/** One of them, and what is said. */
export interface Mistake {
  title: string;
  /** Runs on the machine where nothing runs. */
  isEmpty?: boolean;
  /** A file that the words refer to as FILE. */
  file?: { name: string; content: string | Buffer };
  words: readonly string[];
  options?: RunOptions;
  /** Undefined: any. */
  code: number | undefined;
  /** What the message has to say: where, what, and what to do next. */
  says: readonly RegExp[];
}

function pod(change: { name?: string; container?: object; spec?: object } = {}): string {
  const { name = 'wrong', container = {}, spec = {} } = change;
  const main = {
    name: 'main',
    image: 'localhost/berth-demo:1',
    command: ['/bin/sleep', '600'],
    ...container,
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [main], ...spec },
  });
}

/** `berth up` of one file. */
function up(title: string, content: string | Buffer, says: readonly RegExp[], name = 'pod.yaml'): Mistake {
  return {
    title: `berth up: ${title}`,
    file: { name, content },
    words: ['berth', 'up', '--timeout', '60', 'FILE'],
    code: 1,
    says,
  };
}

/** A daemon that cannot start. */
function daemon(
  title: string,
  words: readonly string[],
  says: readonly RegExp[],
  more: Partial<Mistake> = {},
): Mistake {
  return { title, isEmpty: true, words, code: 1, says, ...more };
}

const quiet = ['--port=0', '--healthz-port=0'];

/** The table, in the order in which they are made. */
export const mistakes: readonly Mistake[] = [
  // Files of berth up.
  {
    title: 'berth up: a file that does not exist',
    words: ['berth', 'up', '/home/me/pod.yml'],
    code: 1,
    says: [/\/home\/me\/pod\.yml/, /no such file/],
  },
  up('a tab in YAML', 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n', [
    /pod\.yaml/,
    /line 4/,
    /tab/i,
    /spaces/,
  ]),
  up('a kind that a node does not have', pod().replace('"Pod"', '"Ingress"'), [
    /pod\.yaml/,
    /a node has no Ingress/,
    /run a proxy/,
  ]),
  up('a field with a typo', pod({ container: { imagePullPolcy: 'Never' } }), [
    /pod\.yaml/,
    /spec\.containers\[0\]\.imagePullPolcy/,
    /did you mean "imagePullPolicy"/,
  ]),
  up('a value that is none of those allowed', pod({ container: { imagePullPolicy: 'always' } }), [
    /pod\.yaml/,
    /imagePullPolicy/,
    /"always"/,
    /Always/,
  ]),
  up(
    'a volume mount without its volume',
    pod({ container: { volumeMounts: [{ name: 'data', mountPath: '/d' }] } }),
    [/pod\.yaml/, /volumeMounts\[0\]\.name/, /Not found: "data"/],
  ),
  up('no pod in the file', '# later\n', [/pod\.yaml/, /no pod/]),
  up('an archive instead of a manifest', Buffer.from([0x1f, 0x8b, 0, 0, 1, 2]), [/pod\.yaml/, /not/]),
  up('a name with capitals', pod({ name: 'Web' }), [/pod\.yaml/, /metadata\.name/, /lower case/]),
  // What only shows when a pod starts.
  up('an image that no registry can have', pod({ container: { image: 'Nginx:Latest' } }), [
    /wrong/,
    /Nginx:Latest/,
    /invalid reference format/,
  ]),
  up('a registry that does not exist', pod({ container: { image: 'registry.invalid/a:1' } }), [
    /wrong/,
    /registry\.invalid/,
  ]),
  up(
    'pull policy Never without the image',
    pod({ container: { image: 'localhost/none:1', imagePullPolicy: 'Never' } }),
    [/wrong/, /localhost\/none:1/, /not present/, /Never/],
  ),
  up(
    'a ConfigMap that is missing',
    pod({ container: { envFrom: [{ configMapRef: { name: 'settings' } }] } }),
    [/wrong/, /settings/, /not found/],
  ),
  up('a command that is not in the image', pod({ container: { command: ['/bin/nope'] } }), [
    /wrong/,
    /\/bin\/nope/,
  ]),
  up('more memory than the machine has', pod({ container: { resources: { requests: { memory: '9Ti' } } } }), [
    /wrong/,
    /memory/i,
  ]),
  // berth itself.
  {
    title: 'berth up: a read-only manifest directory',
    file: { name: 'pod.yaml', content: pod() },
    words: ['berth', 'up', 'FILE'],
    options: {
      before: 'mount --bind /etc/kubernetes /etc/kubernetes && mount -o remount,bind,ro /etc/kubernetes',
    },
    code: 1,
    says: [/berth: \/etc\/kubernetes\/manifests\/.*: read-only file system/],
  },
  {
    title: 'berth up: without root',
    words: ['berth', 'up'],
    options: { asNobody: true },
    code: 1,
    says: [/berth up needs root/, /sudo berth up/],
  },
  {
    title: 'berth status: without root',
    words: ['berth', 'status'],
    options: { asNobody: true },
    code: 1,
    says: [/permission denied at \/run\/berth\/berth\.sock/, /sudo berth status/, /socketGroup/],
  },
  {
    title: 'berth ps: without root',
    words: ['berth', 'ps'],
    options: { asNobody: true },
    code: 1,
    says: [/permission denied at \/var\/lib\/kubelet\/kubelet\.sock/, /root only/, /sudo/],
  },
  {
    title: 'berth status: nothing runs',
    isEmpty: true,
    words: ['berth', 'status'],
    code: 1,
    says: [/berthd +does not answer at \/run\/berth\/berth\.sock/, /kubelet +does not answer/, /berth up/],
  },
  {
    title: 'berth status: a typo in config.yaml',
    words: ['berth', 'status'],
    options: { config: 'logLevel: verbose\n' },
    // The pod of an earlier row may be about to end.
    code: undefined,
    says: [
      /config\.yaml:1:1: logLevel: want one of .*debug/,
      /using the settings that berthd last started with/,
    ],
  },
  {
    title: 'berth up: a typo in config.yaml',
    words: ['berth', 'up'],
    options: { config: 'cni:\n\tconfDir: /x\n' },
    code: 1,
    says: [/config\.yaml:2:1: /, /tab/i],
  },
  {
    title: 'berth: a command with a typo',
    words: ['berth', 'statsu'],
    code: 1,
    says: [/unknown command 'statsu'/, /Did you mean status/],
  },
  {
    title: 'berth down: a number that is none',
    words: ['berth', 'down', '--timeout', 'soon'],
    code: 1,
    says: [/--timeout/, /soon/, /number of seconds/],
  },
  {
    title: 'berth image load: a text file',
    words: ['berth', 'image', 'load', '/etc/passwd'],
    code: 1,
    says: [/\/etc\/passwd/, /not a tar archive/, /docker save|OCI layout/],
  },
  {
    title: 'berth image load: a file that does not exist',
    words: ['berth', 'image', 'load', 'image.tar'],
    code: 1,
    says: [/image\.tar/, /no such file/],
  },
  {
    title: 'berth image ls: nothing runs',
    isEmpty: true,
    words: ['berth', 'image', 'ls'],
    code: 1,
    says: [/\/run\/berth\/berth\.sock/, /berth up/],
  },
  // berthd.
  daemon('berthd: without root', ['berthd'], [/must run as root/, /sudo/], { options: { asNobody: true } }),
  daemon(
    'berthd: a settings file that does not exist',
    ['berthd', '--config', '/etc/berth/conf.yaml'],
    [/\/etc\/berth\/conf\.yaml/, /no such file/],
  ),
  daemon('berthd: a tab in its settings', ['berthd'], [/config\.yaml:2:1/, /tab/i], {
    options: { config: 'cni:\n\tconfDir: /x\n' },
  }),
  daemon(
    'berthd: a value of the wrong type',
    ['berthd'],
    [/config\.yaml:1:10: image\.maxLayerBytes: want a positive whole number/],
    { options: { config: 'image: { maxLayerBytes: lots }\n' } },
  ),
  daemon(
    'berthd: a setting of an older release',
    ['berthd', 'config', 'dump'],
    [/config\.yaml:1:8: cni\.binDir: unknown field/, /pluginDirs/],
    { options: { config: 'cni: { binDir: /opt/cni/bin }\n', stdout: '/dev/null' }, code: 0 },
  ),
  daemon(
    'berthd: a flag with a typo',
    ['berthd', '--lisen', '/run/x.sock'],
    [/unknown option '--lisen'/, /Did you mean --listen/],
  ),
  daemon('berthd: a group that does not exist', ['berthd'], [/socketGroup/, /"brth"/, /groupadd/], {
    options: { config: 'socketGroup: brth\n' },
  }),
  daemon(
    'berthd: conmon is not installed',
    ['berthd', '--conmon', '/opt/conmon'],
    [/conmon/, /\/opt\/conmon/, /install/],
  ),
  daemon('berthd: a read-only disk', ['berthd'], [/\/var\/lib\/berth/, /read-only file system/], {
    options: { before: 'mount -t tmpfs -o ro tmpfs /var/lib/berth' },
  }),
  daemon(
    'berthd: a socket path that is a file',
    ['berthd', '--listen', 'FILE'],
    [/precious/, /not a socket/, /remove it|choose/],
    {
      file: { name: 'precious', content: 'x' },
    },
  ),
  daemon('berthd: twice', ['berthd'], [/in use by another berthd/, /stop|choose/], { isEmpty: false }),
  daemon(
    'berthd: settings to a full disk',
    ['berthd', 'config', 'default'],
    [/standard output/, /no space left/],
    {
      options: { stdout: '/dev/full' },
    },
  ),
  // kubelet.
  daemon('kubelet: help to a full disk', ['kubelet', '--help'], [/standard output/, /no space left/], {
    options: { stdout: '/dev/full' },
  }),
  daemon(
    'kubelet: a flag with a typo',
    ['kubelet', '--pod-manifest-pth=/m'],
    [/did you mean --pod-manifest-path/],
  ),
  daemon('kubelet: without root', ['kubelet'], [/must run as root/, /sudo/], { options: { asNobody: true } }),
  daemon(
    'kubelet: its port is taken',
    ['kubelet', '--pod-manifest-path=/etc/kubernetes/manifests'],
    [/:102(48|50)/, /in use/, /--(healthz-)?port/],
  ),
  daemon(
    'kubelet: a tab in its configuration',
    ['kubelet', '--config', 'FILE'],
    [/kubelet\.yaml/, /line 4/, /tab/i],
    {
      file: {
        name: 'kubelet.yaml',
        content:
          'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nlogging:\n\tverbosity: 2\n',
      },
    },
  ),
  daemon(
    'kubelet: a value of the wrong type',
    ['kubelet', '--config', 'FILE'],
    [/kubelet\.yaml/, /maxPods/],
    {
      file: {
        name: 'kubelet.yaml',
        content: 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: many\n',
      },
    },
  ),
  daemon(
    'kubelet: a pod as its configuration',
    ['kubelet', '--config', 'FILE'],
    [/kubelet\.yaml/, /KubeletConfiguration/],
    {
      file: { name: 'kubelet.yaml', content: pod() },
    },
  ),
  daemon(
    'kubelet: a manifest directory with a typo',
    [
      'kubelet',
      ...quiet,
      '--pod-manifest-path=/etc/kubernetes/manifest',
      '--container-runtime-endpoint=/run/berth/none.sock',
    ],
    [/\/etc\/kubernetes\/manifest"/, /does not exist/, /keep running/],
    { options: { untilSaid: 'does not exist' }, code: 0 },
  ),
  daemon(
    'kubelet: a runtime that does not run',
    ['kubelet', ...quiet, '--container-runtime-endpoint=unix:///run/berth/none.sock'],
    [/none\.sock/, /no such file/, /try again/],
    { options: { untilSaid: 'try again' }, code: 0 },
  ),
  daemon(
    'kubelet: a second one on the same directory',
    ['kubelet', ...quiet],
    [/\/var\/lib\/kubelet/, /another kubelet runs with it/, /--root-dir/],
    { isEmpty: false },
  ),
  // crictl: on a terminal, where it gives hints.
  daemon(
    'crictl: nothing runs',
    ['crictl', 'ps'],
    [/\/run\/berth\/berth\.sock/, /start one|start a runtime/, /--runtime-endpoint/],
    {
      options: { onTerminal: true },
    },
  ),
  {
    title: 'crictl: without root',
    words: ['crictl', '-r', 'unix:///run/berth/berth.sock', 'ps'],
    options: { asNobody: true, onTerminal: true },
    code: 1,
    says: [/berth\.sock/, /permission denied/, /sudo/, /socketGroup/],
  },
  {
    title: 'crictl: the name of a container with a typo',
    words: ['crictl', '-r', 'unix:///run/berth/berth.sock', 'logs', 'weeb'],
    options: { onTerminal: true },
    code: 1,
    says: [/weeb/, /did you mean|crictl ps -a/],
  },
  {
    title: 'crictl: a command with a typo',
    words: ['crictl', 'imagse'],
    options: { onTerminal: true },
    code: 3,
    says: [/imagse/, /did you mean images/],
  },
  {
    title: 'crictl: a pod that is no JSON',
    file: { name: 'pod.json', content: '{ "metadata": ' },
    words: ['crictl', '-r', 'unix:///run/berth/berth.sock', 'runp', 'FILE'],
    options: { onTerminal: true },
    code: 1,
    says: [/pod\.json|load podSandboxConfig/, /neither JSON nor YAML: line 1, column 15/],
  },
];
