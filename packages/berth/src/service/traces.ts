// What an installation of one's own leaves on the machine outside of its folder.
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from '@berth/runtime/host/programs.ts';
import type { NodeLayout } from '../node/layout.ts';
import { systemdPlaces, type UnitPlaces, writtenUnits } from './unit-files.ts';

/** Paths that `berth uninstall` removes. */
export interface Traces {
  /** Links to the commands, and npm's to their folder. */
  readonly links: readonly string[];
  readonly units: readonly string[];
  readonly directories: readonly string[];
}

/** What Berth makes and other programs use too, the inner directories first. */
export const sharedDirectories = [
  '/etc/kubernetes/manifests',
  '/etc/kubernetes',
  '/etc/cni/net.d',
  '/etc/cni',
  '/var/lib/cni/results',
  '/var/lib/cni/networks',
  '/var/lib/cni/cache',
  '/var/lib/cni',
];

const commands = ['berth', 'berthd', 'crictl', 'kubelet'];

/** Those that exist; with `data` also images, state and settings, and what every kubelet has if this was the only one. */
export function findTraces(
  layout: NodeLayout,
  { data, path, places = systemdPlaces }: { data: boolean; path: string; places?: UnitPlaces },
): Traces {
  const links = linksTo(layout.binDir, path.split(':').filter(Boolean));
  const directories = [layout.runDir, layout.stateDir, layout.logDir];
  if (data) directories.push(layout.imageDir, '/etc/berth');
  if (data && !hasOtherKubelet(layout.binDir))
    directories.push(dirname(layout.kubeletSocket), '/var/log/pods', '/var/log/containers');
  return {
    links,
    units: writtenUnits(places),
    directories: [...new Set(directories)].filter((directory) => existsSync(directory)),
  };
}

/** Links in the folders of PATH to the commands, and beside them the one that `npm install -g` makes to a clone. */
function linksTo(binDir: string, folders: readonly string[]): string[] {
  const root = dirname(realpathSync(binDir));
  const candidates = folders.flatMap((folder) => [
    ...commands.map((name) => ({ link: join(folder, name), target: join(root, 'bin', name) })),
    { link: join(dirname(folder), 'lib/node_modules/berth'), target: root },
  ]);
  return [...new Set(candidates.filter(({ link, target }) => leadsTo(link, target)).map(({ link }) => link))];
}

function leadsTo(link: string, target: string): boolean {
  try {
    return lstatSync(link).isSymbolicLink() && realpathSync(link) === target;
  } catch {
    return false;
  }
}

function hasOtherKubelet(binDir: string): boolean {
  try {
    return dirname(realpathSync(findProgram('kubelet', 'kubelet'))) !== realpathSync(binDir);
  } catch {
    return false;
  }
}
