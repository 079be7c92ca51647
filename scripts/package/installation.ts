// The folder that Berth runs from, as in a clone but for what only builds and tests: /usr/lib/berth, or the tarball.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { starter } from '../starter.mjs';
import { type Architecture, nativePackages } from './architectures.ts';
import type { FileTree } from './file-tree.ts';

/** The four commands. */
export const commandNames = ['berth', 'berthd', 'crictl', 'kubelet'] as const;

export interface InstallationSources {
  /** The checkout, which has to be built. */
  readonly root: string;
  /** The node_modules with the machine code for the architecture. */
  readonly modules: string;
  readonly architecture: Architecture;
  /** The folder of V8's compile cache, from dist/. */
  readonly cache: string;
}

/** Adds the files to run to `tree`, below `path`. */
export function addInstallation(
  tree: FileTree,
  path: string,
  { root, modules, architecture, cache }: InstallationSources,
): void {
  const dist = join(root, 'dist');
  if (!existsSync(join(dist, 'berth.main.mjs'))) throw new Error(`${dist} is not built: npm run build`);
  tree.copyAll(join(path, 'bin'), join(root, 'bin'), commandNames);
  tree.copyAll(join(path, 'scripts'), join(root, 'scripts'), ['launch.sh']);
  // README.md has them copied where the node is to join a cluster by kubeadm.
  tree.copyAll(join(path, 'packaging/kubeadm'), join(root, 'packaging/kubeadm'), ['*.service', '*.conf']);
  tree.copyAll(join(path, 'dist'), dist, ['*.mjs', '*.LEGAL.txt']);
  for (const name of commandNames) tree.add(join(path, 'dist', `${name}.mjs`), starter(name, cache));
  // Bun compiles for the processor that it runs on; elsewhere crictl runs on Node.js.
  if (architecture.node === process.arch && existsSync(join(dist, 'crictl')))
    tree.copy(join(path, 'dist/crictl'), join(dist, 'crictl'));
  const add = (name: string, patterns: readonly string[]) =>
    tree.copyAll(join(path, 'node_modules', name), join(modules, name), patterns);
  const [node = '', koffi = ''] = nativePackages(modules, architecture);
  add(node, ['bin/node']);
  add('koffi', ['package.json', 'index.cjs', 'src/koffi/*.cjs', 'src/koffi/src/static.cjs']);
  add(koffi, ['package.json', 'index.js', `linux_${architecture.node}/*.node`]);
}
