// The tarball: unpack it anywhere, and run its bin/berth.
import { join } from 'node:path';
import type { PackageSources } from './debian.ts';
import { commandManPage, completions } from './documents.ts';
import { FileTree } from './file-tree.ts';
import { addInstallation, commandNames } from './installation.ts';
import { thirdPartyLicenses } from './licenses.ts';

/** The files of the tarball. */
export function tarballTree({ root, modules, architecture, commands, ...release }: PackageSources): FileTree {
  const tree = new FileTree();
  addInstallation(tree, '', { root, modules, architecture, cache: './cache' });
  tree.copyAll('', root, ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'LIMITS.md']);
  tree.copyAll('examples', join(root, 'examples'), ['*.yaml']);
  tree.copyAll('docs', join(root, 'docs'), ['*.md', '*.svg']);
  // berth enable installs them from here.
  tree.copyAll('packaging/systemd', join(root, 'packaging/systemd'), ['*.service']);
  const inside = [`node-linux-${architecture.node}`, `@oven/bun-linux-${architecture.node}`];
  tree.add('third-party.txt', thirdPartyLicenses(root, modules, inside));
  for (const name of commandNames) {
    const { section, text } = commandManPage(commands, name, release);
    tree.add(`share/man/man${section}/${name}.${section}`, text);
    for (const [shell, script] of completions(commands, name))
      tree.add(`share/completions/${name}.${shell}`, script);
  }
  return tree;
}
