// How each command line of the documents is run by the test. A line that is not listed runs as it is, on a node that
// is up, and has to succeed.

/** How a command line is run. */
export interface How {
  /** The line that is run, where the document leaves something to its reader. */
  readonly as?: string;
  /** Shell before it, that has to succeed. */
  readonly before?: string;
  /** What has to be there before; default: `node`. */
  readonly needs?: Need;
  /** What it has to print. */
  readonly says?: RegExp;
  /** It needs a terminal, or goes on until it is interrupted: what the screen shows in turn, and the keys pressed then. */
  readonly dialogue?: readonly (readonly [shows: RegExp, ...keys: string[]])[];
  /** Shell that has to succeed before the last step of the dialogue; with `says` it is what has to print that. */
  readonly meanwhile?: string;
  /** The exit code after Ctrl-C, if it is neither 0 nor that of the signal. */
  readonly interrupted?: number;
  /** Shell that has to succeed after it. */
  readonly after?: string;
}

/** What a line needs: a node, the pod hello on it, no node, containerd beside no node, or nothing in particular. */
export type Need = 'node' | 'hello' | 'no node' | 'containerd' | 'nothing';

/** tmux's name of the keys. */
export const ctrlC = 'C-c';
const pod: How = { needs: 'hello' };
const text: How = { needs: 'nothing' };
const shell = (needs: Need, as: string): How => ({
  needs,
  as,
  dialogue: [[/^[~/].* #/m, 'exit', 'Enter']],
});
const follow = (as?: string): How => ({
  needs: 'hello',
  ...(as !== undefined && { as }),
  dialogue: [[/hello starts$/m, ctrlC]],
});
const forward: How = {
  needs: 'hello',
  dialogue: [[/Forwarding from 127\.0\.0\.1:8080 -> 8080/], [/./, ctrlC]],
  meanwhile: 'curl -sS http://127.0.0.1:8080',
  says: /^Hello from pod hello/,
};
const newPod = (as: string): How => ({ as, before: 'berth down web; true' });

export const hows: Readonly<Record<string, How>> = {
  // What setting up and building have done before this test.
  'npm start': {
    needs: 'no node',
    as: 'berth up --try "$CHECKOUT/examples/hello.yaml"',
    says: /Hello from pod hello on node /,
  },
  'curl http://10.88.0.2:8080': { says: /^Hello from pod hello on node / },

  'berth up': { needs: 'nothing' },
  'berth up pod.yaml': { needs: 'no node', says: /default\/hello +1\/1 +Running/ },
  'berth up deployment.yaml': {
    says: /default\/web-0[\s\S]*default\/web-1/,
    after: 'berth down deployment.yaml',
  },
  'berth up --validate=warn x.yaml': {
    says: /warn .*odd[\s\S]*default\/odd +1\/1 +Running/,
    after: 'berth down x.yaml',
  },
  'berth up --validate=warn FILE': { as: 'berth up --validate=warn pod.yaml' },
  'berth status': { needs: 'hello', says: /default\/hello +1\/1 +Running/ },
  'berth ps': { needs: 'hello', says: /default\/hello +1\/1 +Running/ },
  'berth ps -o wide': { needs: 'hello', says: /default\/hello .* 10\.88\.0\.\d+ / },
  'berth ps -o yaml web': { says: /^ +name: web$/m },
  'berth logs -f hello': follow(),
  'berth logs -f web': { dialogue: [[/^web\S* starts/m, ctrlC]] },
  'berth logs -p POD': {
    needs: 'hello',
    before:
      'id=$(crictl ps -q --name web); crictl stop -t 0 "$id"; until crictl ps -q --name web | grep -qv "$id"; do sleep 0.1; done',
    as: 'berth logs -p hello',
    says: /^hello starts/,
  },
  'berth describe POD': { needs: 'hello', as: 'berth describe hello', says: /^Name in Manifest: +hello$/m },
  'berth describe web': { says: /^Name in Manifest: +web$/m },
  'berth restart': {},
  'berth restart hello': pod,
  'berth down hello': { needs: 'hello', after: '! crictl pods -q --name hello | grep .' },
  'berth down pod.yaml': { needs: 'hello', after: '! crictl pods -q --name hello | grep .' },
  'berth down': { says: /nothing is left running/ },
  'berth top': { needs: 'hello', dialogue: [[/CPU[\s\S]*hello/, 'q']] },
  'berth top --once --containers': { needs: 'hello', says: /CPU[\s\S]*web/ },
  'berth run --rm -it IMAGE sh': shell('node', 'berth run --rm -it "$IMAGE" sh'),
  'berth run --name web -p 8080:80 IMAGE': {
    ...newPod('berth run --name web -p 8080:80 "$IMAGE"'),
    after: 'curl -sS --retry 9 --retry-connrefused http://127.0.0.1:8080 | grep "Hello from the image"',
  },
  'berth run -v /srv:/srv:ro -e A=b IMAGE': {
    as: 'berth run -v /srv:/srv:ro -e A=b "$IMAGE"',
    after: 'berth exec app -- sh -c "test -d /srv -a \\$A = b" && berth down app',
  },
  'berth run --memory 512m --cpu 0.5 IMAGE': {
    as: 'berth run --memory 512m --cpu 0.5 "$IMAGE"',
    after: 'berth down app',
  },
  'berth run --dry-run IMAGE': { as: 'berth run --dry-run "$IMAGE"', says: /^kind: Pod$/m },
  'berth exec -it web -- sh': shell('node', 'berth exec -it web -- sh'),
  'berth cp hello-NODE:/etc/hosts .': {
    needs: 'hello',
    as: 'berth cp "hello-$(hostname)":/etc/hosts .',
    after: 'grep hello hosts',
  },
  'berth cp web:/etc/hosts .': { after: 'grep web hosts' },
  'berth port-forward hello 8080:8080': forward,
  'berth port-forward hello-NODE 8080:8080': {
    ...forward,
    as: 'berth port-forward "hello-$(hostname)" 8080:8080',
  },
  'berth completion bash': { needs: 'nothing', says: /complete .*berth/ },
  'berth image load image.tar': { says: /^Loaded localhost\/app:1$/m },
  'berth image load app.tar': { says: /^Loaded private\.example\/team\/app:1$/m },
  'berth image save -o FILE NAME': {
    as: 'berth image save -o saved.tar "$IMAGE"',
    after: 'tar -tf saved.tar | grep index.json',
  },
  'berth image save -o image.tar localhost/app:1': { after: 'tar -tf image.tar | grep index.json' },
  'berth image tag A B': { as: 'berth image tag "$IMAGE" localhost/other:1', says: /localhost\/other:1/ },
  'berth image pull --creds USER:PASSWORD private.example/team/app:1': {
    as: 'berth image pull --creds user:secret private.example/team/app:1',
  },
  'berth uninstall': {
    needs: 'hello',
    dialogue: [[/Go on\? \[y\/N\]/, 'y', 'Enter'], [/ok {2}uninstalled/]],
    after: 'test -d /var/lib/berth -a ! -e /run/berth',
  },
  'berth uninstall --purge': {
    needs: 'nothing',
    dialogue: [[/Go on\? \[y\/N\]/, 'y', 'Enter'], [/ok {2}uninstalled/]],
    after: 'test ! -e /var/lib/berth -a ! -e /etc/berth',
  },

  'crictl ps': { needs: 'hello', says: /Running +web / },
  'crictl top': { needs: 'hello', dialogue: [[/CPU[\s\S]*hello/, 'q']] },
  'crictl logs -f hello': follow(),
  'crictl logs -f NAME': follow('crictl logs -f web'),
  'crictl exec -it NAME sh': shell('hello', 'crictl exec -it web sh'),
  'crictl trace hello': { needs: 'hello', says: /^sandbox .*ms/m },
  'crictl trace POD': { needs: 'hello', as: 'crictl trace hello' },
  'crictl trace -o svg hello > start.svg': { needs: 'hello', after: 'grep "^<svg" start.svg' },
  'crictl events': {
    dialogue: [[/"containersStatuses"/, ctrlC]],
    meanwhile: 'berth run --rm --attach "$IMAGE" true',
    // As the real one.
    interrupted: 1,
  },
  'crictl inspectp hello': { needs: 'hello', says: /"ip": "10\.88\.0\./ },
  'crictl inspect -o yaml web': pod,
  'crictl info': { says: /"NetworkReady"/ },
  'crictl pull NAME': { as: 'crictl pull --creds user:secret private.example/team/app:1' },
  'crictl pull --creds USER:PASSWORD private.example/team/app:1': {
    as: 'crictl pull --creds user:secret private.example/team/app:1',
  },
  'crictl pull -u USER private.example/team/app:1': {
    as: 'crictl pull -u user private.example/team/app:1',
    dialogue: [[/assword/, 'secret', 'Enter']],
  },
  'crictl config --set NAME=VALUE': { needs: 'nothing', as: 'crictl config --set debug=false' },
  'source <(crictl completion bash)': {
    needs: 'nothing',
    after: 'bash -c "source <(crictl completion bash) && complete -p crictl"',
  },
  'crictl -r unix:///run/containerd/containerd.sock ps': { needs: 'containerd' },
  'crictl -r unix:///run/containerd/containerd.sock rmp -a -f': { needs: 'containerd' },

  'berthd --config /etc/berth/config.yaml': {
    needs: 'no node',
    before: 'mkdir -p /etc/berth && cp settings/config.yaml /etc/berth',
    dialogue: [[/Serving the CRI/, ctrlC]],
  },
  'berthd --log-level debug': { needs: 'no node', dialogue: [[/Serving the CRI/, ctrlC]] },
  'berthd config default': { needs: 'nothing', says: /^listen: /m },
  'berthd config dump': { needs: 'nothing', says: /^listen: /m },
  'kubelet --help': text,
  'kubelet -v 4': { needs: 'no node', dialogue: [[/Started kubelet/, ctrlC]] },
  'kubelet --read-only-port=0 --client-ca-file=/etc/kubernetes/pki/ca.crt': {
    needs: 'no node',
    before: 'mkdir -p /etc/kubernetes/pki && cp ca.crt /etc/kubernetes/pki',
    dialogue: [[/Started kubelet/, ctrlC]],
  },
  'kubelet --container-runtime-endpoint unix:///run/containerd/containerd.sock --pod-manifest-path /etc/kubernetes/manifests':
    {
      needs: 'containerd',
      before: 'mkdir -p /etc/kubernetes/manifests',
      dialogue: [[/Started kubelet/, ctrlC]],
    },
  'kubelet --container-runtime-endpoint=unix:///run/containerd/containerd.sock --pod-manifest-path=/etc/kubernetes/manifests --adopt':
    {
      needs: 'containerd',
      before: 'mkdir -p /etc/kubernetes/manifests',
      dialogue: [[/Started kubelet/, ctrlC]],
    },

  'systemctl reload berthd': { as: 'pkill -HUP -x berthd' },
  'nft list table inet berth-loopback': { needs: 'hello', says: /table inet berth-loopback/ },
  'curl --unix-socket /run/berth/berth.sock http://berthd/metrics': { says: /^# HELP / },
  'curl --unix-socket /run/berth/berth.sock http://berthd/debug/pprof/profile?seconds=10 -o berthd.cpuprofile':
    {
      // Ten seconds show no more here than one.
      as: 'curl -sS --unix-socket /run/berth/berth.sock http://berthd/debug/pprof/profile?seconds=1 -o berthd.cpuprofile',
      after: 'grep \'^{"nodes"\' berthd.cpuprofile',
    },
  'curl --unix-socket /run/berth/berth.sock http://berthd/debug/pprof/heap -o berthd.heapsnapshot': {
    after: 'head -c 20 berthd.heapsnapshot | grep snapshot',
  },
};

const package_ = 'npm run test:vm -- package installs, upgrades and removes it';
const foreign = 'a command of another program, to compare with';
const mention = 'named without its arguments';
const joining = 'there is no cluster; test/cluster/documented-join.test.ts';
const systemd = 'systemd is not the init of this machine; npm run test:vm -- package';

/** Lines that cannot run here, by a pattern, and why. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^apt /, package_],
  [/^tar -xzf berth-/, 'test/system/package.test.ts makes and unpacks it'],
  [/^npm install -g .*\.tgz$/, 'npm has no registry here; test/system/acceptance.install.test.ts unpacks it'],
  [/^npm install -g .* \.$/, 'test/system/acceptance.install.test.ts'],
  [/^npm (test|run|ci)\b/, 'builds and tests the checkout itself'],
  [/^berth enable/, systemd],
  [/^(systemctl|journalctl) /, systemd],
  [/^(kubeadm|kubectl|sysctl|install|export KUBECONFIG)\b/, joining],
  [/^kubelet --config=\S+ --kubeconfig=/, joining],
  [/^(podman|ctr|nerdctl) /, foreign],
  [/^(crictl (logs|port-forward|stats)|berth image (pull|tag|rm|save|load))$/, mention],
  [/^(kill -9|git ls-files packages)$/, mention],
];

/** Why a line cannot run here; undefined when it can. */
export function reasonToSkip(line: string): string | undefined {
  return reasons.find(([pattern]) => pattern.test(line))?.[1];
}

/** The programs whose mentions in a text are command lines. */
export const programs: ReadonlySet<string> = new Set(
  'apt berth berthd crictl ctr curl git journalctl kill kubectl kubelet nerdctl nft npm podman systemctl tar'.split(
    ' ',
  ),
);
