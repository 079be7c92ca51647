// Where a Debian package puts what, and what it says of itself.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { prerequisites } from '../../packages/berth/src/doctor/prerequisites.mjs';
import type { Architecture } from './architectures.ts';
import { debianChangelog, parseChangelog } from './changelog.ts';
import type { DebPackage } from './deb.ts';
import { type BuiltCommands, commandManPage, completionPlaces, completions, pageName } from './documents.ts';
import { FileTree } from './file-tree.ts';
import { addInstallation, commandNames } from './installation.ts';
import { thirdPartyLicenses } from './licenses.ts';

/** Libraries of Node.js, koffi and Bun, which are built for systems as old as glibc 2.28. */
const libraries = ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6'];

export interface PackageSources {
  readonly root: string;
  readonly modules: string;
  readonly architecture: Architecture;
  /** What manual pages and completions are made of. */
  readonly commands: BuiltCommands;
  readonly version: string;
  /** Seconds since 1970. */
  readonly built: number;
}

/** The package's control data and files. */
export function debianPackage(sources: PackageSources): Omit<DebPackage, 'level'> {
  const { root, modules, architecture, commands, built } = sources;
  const tree = new FileTree();
  const packaging = (path: string) => readFileSync(join(root, 'packaging', path), 'utf8');
  addInstallation(tree, 'usr/lib/berth', { root, modules, architecture, cache: '/var/cache/berth' });
  for (const name of ['berth', 'berthd']) tree.link(`usr/bin/${name}`, `../lib/berth/bin/${name}`);
  tree.copyAll('usr/lib/systemd/system', join(root, 'packaging/systemd'), ['*.service']);
  tree.directory('var/cache/berth');

  tree.add('etc/berth/config.yaml', commentedSettings(commands.output('berthd', 'config', 'default') ?? ''));
  tree.add('etc/default/berth', packaging('default/berth'));
  for (const name of commandNames) {
    const { section, text } = commandManPage(commands, name, sources);
    tree.add(`usr/share/man/man${section}/${pageName(name)}.${section}.gz`, zipped(text));
    for (const [shell, script] of completions(commands, name)) {
      // What other packages have too gets a link in postinst, where nobody else has it.
      const path =
        name === 'crictl' ? `usr/share/berth/completions/${name}.${shell}` : completionPlaces[shell](name);
      tree.add(path, script);
    }
  }
  const links = packaging('debian/links');
  tree.add('usr/share/berth/links', links);
  // dpkg removes the folders of the links with the package.
  for (const name of linkNames(links)) tree.directory(dirname(name).slice(1));
  addDocumentation(tree, sources, packaging);
  return {
    control: control(sources),
    scripts: {
      conffiles: ['/etc/berth/config.yaml', '/etc/default/berth', ''].join('\n'),
      postinst: packaging('debian/postinst'),
      prerm: packaging('debian/prerm'),
      postrm: packaging('debian/postrm'),
      triggers: linkNames(links)
        .map((name) => `interest-noawait ${name}\n`)
        .join(''),
    },
    tree,
    mtime: built,
  };
}

function addDocumentation(
  tree: FileTree,
  { root, modules, architecture, version, built }: PackageSources,
  packaging: (path: string) => string,
): void {
  const doc = 'usr/share/doc/berth';
  const maintainer = maintainerOf(root);
  const releases = parseChangelog(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  tree.add(`${doc}/changelog.gz`, zipped(debianChangelog(releases, { maintainer, built, version })));
  tree.add(`${doc}/copyright`, packaging('debian/copyright'));
  const inside = [`node-linux-${architecture.node}`, `@oven/bun-linux-${architecture.node}`];
  tree.add(`${doc}/third-party.txt.gz`, zipped(thirdPartyLicenses(root, modules, inside)));
  tree.copyAll(`${doc}/examples`, join(root, 'examples'), ['*.yaml']);
  tree.add('usr/share/lintian/overrides/berth', packaging('debian/lintian-overrides'));
}

function control({ root, architecture, version }: PackageSources): Record<string, string> {
  const needed = prerequisites.filter(({ test, demo }) => test !== true && demo !== true);
  // Either OCI runtime will do on nearly every machine.
  const depends = needed.map(({ package: name }) => name).filter((name) => name !== 'runc');
  const alternatives = depends.map((name) => (name === 'crun' ? 'crun | runc' : name));
  return {
    Package: 'berth',
    Version: version,
    Architecture: architecture.debian,
    Maintainer: maintainerOf(root),
    Section: 'admin',
    Priority: 'optional',
    Depends: [...alternatives, ...libraries].sort().join(', '),
    Recommends: ['runc', ...prerequisites.filter(({ demo }) => demo).map(({ package: name }) => name)]
      .sort()
      .join(', '),
    Suggests: 'apparmor, criu',
    Description: `Kubernetes worker node: kubelet, container runtime, crictl
Berth runs pods on this machine: berthd is a container runtime that serves the
Kubernetes CRI, the kubelet runs the pods of static manifests on it, crictl
looks inside, and berth is the whole node in one command.

Nothing starts by itself: berth up starts the node, berth enable has it start
at boot. Node.js is in the package.`,
  };
}

/** Who answers for the package: the author in package.json, `NAME <ADDRESS>`. */
function maintainerOf(root: string): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).author;
}

/** Settings at their defaults as comments, so that the file changes nothing until somebody edits it. */
export function commentedSettings(settings: string): string {
  return settings.replace(/^(?!\s*#|\s*$)/gm, '#');
}

/** The names that postinst makes links of, where nobody else has them. */
function linkNames(links: string): string[] {
  return links
    .trim()
    .split('\n')
    .map((line) => line.replace(/ .*/, ''));
}

function zipped(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}
