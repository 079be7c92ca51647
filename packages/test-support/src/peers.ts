// Programs of others that tests drive or compare with, built from their Go modules: each of the folders in
// test/peers is a module of our own that names what to build and fixes every version by go.mod and go.sum.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir, cached } from './cache.ts';
import { checkout } from './scratch.ts';

interface Recipe {
  /** The folder in test/peers. */
  folder: string;
  /** The module whose version is the program's. */
  module: string;
  /** Path of the package below the module, or below `folder`; empty for the module itself. */
  package: string;
  /** The package is ours, in `folder`, and uses packages of the module. */
  isOurs?: boolean;
  /** The program is a test binary (`go test -c`). */
  isTest?: boolean;
  /** The Go variable that holds the version, without its `v`. */
  versionVariable?: string;
  /** The one that holds it with its `v`. */
  gitVersionVariable?: string;
}

const criTools = {
  folder: 'cri-tools',
  module: 'sigs.k8s.io/cri-tools',
  versionVariable: 'sigs.k8s.io/cri-tools/pkg/version.Version',
};

const containerd = {
  folder: 'containerd',
  module: 'github.com/containerd/containerd/v2',
  versionVariable: 'github.com/containerd/containerd/v2/version.Version',
};

const kubernetes = {
  folder: 'kubernetes',
  module: 'k8s.io/kubernetes',
  gitVersionVariable: 'k8s.io/component-base/version.gitVersion',
};

/** The oldest control plane that nodes join. */
const oldestKubernetes = { ...kubernetes, folder: 'kubernetes-1.35' };

const recipes = {
  crictl: { ...criTools, package: 'cmd/crictl' },
  critest: { ...criTools, package: 'cmd/critest', isTest: true },
  containerd: { ...containerd, package: 'cmd/containerd' },
  'containerd-shim-runc-v2': { ...containerd, package: 'cmd/containerd-shim-runc-v2' },
  ctr: { ...containerd, package: 'cmd/ctr' },
  kubelet: { ...kubernetes, package: 'cmd/kubelet' },
  'kube-apiserver': { ...kubernetes, package: 'cmd/kube-apiserver' },
  'kube-controller-manager': { ...kubernetes, package: 'cmd/kube-controller-manager' },
  'kube-scheduler': { ...kubernetes, package: 'cmd/kube-scheduler' },
  'kube-apiserver-1.35': { ...oldestKubernetes, package: 'cmd/kube-apiserver' },
  'kube-controller-manager-1.35': { ...oldestKubernetes, package: 'cmd/kube-controller-manager' },
  'kube-scheduler-1.35': { ...oldestKubernetes, package: 'cmd/kube-scheduler' },
  'kube-proxy': { ...kubernetes, package: 'cmd/kube-proxy' },
  kubectl: { ...kubernetes, package: 'cmd/kubectl' },
  kubeadm: { ...kubernetes, package: 'cmd/kubeadm' },
  e2e_node: { ...kubernetes, package: 'test/e2e_node', isTest: true },
  agnhost: { ...kubernetes, package: 'test/images/agnhost' },
  ginkgo: { folder: 'kubernetes', module: 'github.com/onsi/ginkgo/v2', package: 'ginkgo' },
  // In the module of Kubernetes, most of whose packages it has in common.
  etcd: { folder: 'kubernetes', module: 'go.etcd.io/etcd/server/v3', package: '' },
  'static-pod-uid': {
    folder: 'kubernetes',
    module: 'k8s.io/kubernetes',
    package: 'static-pod-uid',
    isOurs: true,
  },
} satisfies Record<string, Recipe>;

export type PeerName = keyof typeof recipes;

const minutes = 60_000;

/**
 * The path of the program `name`, a static binary. The first call builds it with the machine's Go, which gets the
 * modules from its proxy; later ones find it in the cache.
 */
export async function buildPeer(name: PeerName): Promise<string> {
  return (await buildPeers([name]))[name];
}

/** The paths of several programs: those of one module are built together, which compiles common packages once. */
export async function buildPeers<Name extends PeerName>(
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const builds = names.map(buildOf);
  const missing = builds.filter(({ folder }) => !existsSync(folder));
  const groups = Map.groupBy(missing, ({ source, command }) => [source, ...command].join(' '));
  for (const together of groups.values()) await build(together);
  const paths = builds.map(({ name, folder }) => [name, join(folder, name)]);
  return Object.fromEntries(paths) as Record<Name, string>;
}

/** How a program is built, and where it is when that is done. */
interface Build {
  name: PeerName;
  version: string;
  /** The key and the path of its folder in the cache. */
  key: string;
  folder: string;
  /** Where Go runs. */
  source: string;
  /** The words for Go that programs built together have in common. */
  command: string[];
  /** The package. */
  target: string;
  /** What Go names the program. */
  output: string;
}

function buildOf(name: PeerName): Build {
  const recipe: Recipe = recipes[name];
  const source = join(checkout, 'test/peers', recipe.folder);
  const goMod = readFileSync(join(source, 'go.mod'), 'utf8');
  const version = moduleVersion(goMod, recipe.module);
  const hash = createHash('sha256').update(goMod).update(JSON.stringify(recipe));
  if (recipe.isOurs) {
    const dir = join(source, recipe.package);
    for (const file of readdirSync(dir).sort()) hash.update(readFileSync(join(dir, file)));
  }
  const key = `peers/${name}-${version}-${hash.digest('hex').slice(0, 8)}`;
  const target = recipe.isOurs ? `./${recipe.package}` : join(recipe.module, recipe.package);
  const command = [
    ...(recipe.isTest ? ['test', '-c', '-vet=off'] : ['build']),
    '-trimpath',
    ...stamps(recipe, version),
  ];
  const output = `${executableName(target)}${recipe.isTest ? '.test' : ''}`;
  return { name, version, key, folder: join(cacheDir(), key), source, command, target, output };
}

/** Builds programs that differ in nothing but the package, and puts each into the cache. */
async function build(together: readonly Build[]): Promise<void> {
  const [first] = together;
  if (first === undefined) return;
  const titles = together.map(({ name, version }) => `${name} ${version}`).join(', ');
  process.stderr.write(`Building ${titles}; kept for the next time.\n`);
  mkdirSync(dirname(first.folder), { recursive: true });
  const temporary = mkdtempSync(`${dirname(first.folder)}/build.`);
  try {
    const targets = together.map(({ target }) => target);
    await go([...first.command, '-o', `${temporary}/`, ...targets], first.source);
    for (const { key, name, output } of together)
      await cached(key, async (dir) => renameSync(join(temporary, output), join(dir, name)));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Pure: the version that go.mod requires of a module, as `v1.36.0`. */
export function moduleVersion(goMod: string, module: string): string {
  const words = goMod.split('\n').map((line) =>
    line
      .replace(/^require\b/, '')
      .trim()
      .split(/\s+/),
  );
  const version = words.find(([name]) => name === module)?.[1];
  if (version === undefined) throw new Error(`go.mod requires no ${module}`);
  return version;
}

/** Pure: what `go build` names the program of a package: the last part of its path that is no version. */
export function executableName(target: string): string {
  return basename(target.replace(/\/v\d+$/, ''));
}

function stamps({ versionVariable, gitVersionVariable }: Recipe, version: string): string[] {
  const variables = [
    ...(versionVariable ? [`-X ${versionVariable}=${version.replace(/^v/, '')}`] : []),
    ...(gitVersionVariable ? [`-X ${gitVersionVariable}=${version}`] : []),
  ];
  return variables.length > 0 ? [`-ldflags=-s -w ${variables.join(' ')}`] : [];
}

async function go(args: readonly string[], cwd: string): Promise<void> {
  try {
    await promisify(execFile)('go', args, {
      cwd,
      env: {
        ...process.env,
        PATH: `${process.env['PATH']}:/usr/local/go/bin`,
        CGO_ENABLED: '0',
        GOWORK: 'off',
      },
      // All of Kubernetes takes eight minutes on two idle cores.
      timeout: 60 * minutes,
      maxBuffer: 16 * 1024 ** 2,
    });
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (!isMissing) throw cause;
    const message = `go is not on the PATH and not in /usr/local/go/bin: install Go 1.21 or newer (https://go.dev/dl), it runs: go ${args.join(' ')}`;
    throw new Error(message, { cause });
  }
}
