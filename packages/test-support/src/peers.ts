// Programs of others that tests drive or compare with, built from their Go modules: each of the folders in
// test/peers is a module of our own that names what to build and fixes every version by go.mod and go.sum.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';
import { checkout } from './scratch.ts';

interface Recipe {
  /** The folder in test/peers. */
  folder: string;
  /** The module whose version is the program's. */
  module: string;
  /** Path of the package below the module, or below `folder`. */
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

const recipes = {
  crictl: { ...criTools, package: 'cmd/crictl' },
  critest: { ...criTools, package: 'cmd/critest', isTest: true },
  containerd: { ...containerd, package: 'cmd/containerd' },
  'containerd-shim-runc-v2': { ...containerd, package: 'cmd/containerd-shim-runc-v2' },
  ctr: { ...containerd, package: 'cmd/ctr' },
  kubelet: {
    folder: 'kubernetes',
    module: 'k8s.io/kubernetes',
    package: 'cmd/kubelet',
    gitVersionVariable: 'k8s.io/component-base/version.gitVersion',
  },
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
  const dir = await cached(key, async (temporary) => {
    process.stderr.write(`Building ${name} ${version}; it is kept for the next time.\n`);
    await goBuild(recipe, version, source, join(temporary, name));
  });
  return join(dir, name);
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

async function goBuild(recipe: Recipe, version: string, source: string, output: string): Promise<void> {
  const { versionVariable, gitVersionVariable } = recipe;
  const stamps = [
    ...(versionVariable ? [`-X ${versionVariable}=${version.replace(/^v/, '')}`] : []),
    ...(gitVersionVariable ? [`-X ${gitVersionVariable}=${version}`] : []),
  ];
  const flags = stamps.length > 0 ? [`-ldflags=-s -w ${stamps.join(' ')}`] : [];
  const verb = recipe.isTest ? ['test', '-c'] : ['build'];
  const target = `${recipe.isOurs ? '.' : recipe.module}/${recipe.package}`;
  try {
    await promisify(execFile)('go', [...verb, '-trimpath', ...flags, '-o', output, target], {
      cwd: source,
      env: {
        ...process.env,
        PATH: `${process.env['PATH']}:/usr/local/go/bin`,
        CGO_ENABLED: '0',
        GOWORK: 'off',
      },
      // The kubelet takes five minutes on two idle cores.
      timeout: 60 * minutes,
      maxBuffer: 16 * 1024 ** 2,
    });
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (!isMissing) throw cause;
    const message = `go is not on the PATH and not in /usr/local/go/bin: install Go 1.21 or newer (https://go.dev/dl), it builds ${target}`;
    throw new Error(message, { cause });
  }
}
