// `berth uninstall`: removes what a clone, or a tarball, has left on the machine. A package is apt's to remove.
import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { mountsBelow } from '@berth/linux/mounts/mount.ts';
import { isSystemdRunning } from '@berth/linux/systemd/running.ts';
import { UserError } from '../errors/user-error.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import { systemctl, unitNames } from '../node/units.ts';
import { findTraces, sharedDirectories, type Traces } from '../service/traces.ts';
import { removeUnits } from '../service/unit-files.ts';
import { formatLine, type Output, paint } from '../terminal/status-lines.ts';
import { down } from './down.ts';

export interface UninstallOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Also remove images, container layers, state and settings. */
  readonly purge: boolean;
  /** Timeout in seconds for pods to terminate gracefully. */
  readonly timeout: number;
}

/** dpkg's list of the files of our package. */
const packageFiles = '/var/lib/dpkg/info/berth.list';

/**
 * Stops the node and removes its traces, after it has asked.
 * @throws UserError when nobody agrees, or something cannot be removed
 */
export async function uninstall(
  layout: NodeLayout,
  { yes, purge, timeout }: UninstallOptions,
  output: Output = process.stdout,
): Promise<void> {
  requireRoot('berth uninstall');
  if (layout.binDir === '/usr/lib/berth/bin' && existsSync(packageFiles))
    throw new UserError('Berth came as a package: apt remove berth, or apt purge berth for its data as well');
  const find = () => findTraces(layout, { data: purge, path: process.env.PATH ?? '' });
  output.write(`berth uninstall ends all pods of this node, and removes:\n${listing(find())}`);
  if (!purge) output.write(`It keeps ${layout.imageDir}; --purge removes that too, and the settings.\n`);
  if (!yes && !(await isAgreed())) throw new UserError('nothing was changed');
  await down(layout, { timeout }, output);
  const { links, directories } = find();
  removeService();
  for (const link of links) rmSync(link);
  const mounted = directories.filter((directory) => mountsBelow(directory).length > 0);
  for (const directory of directories) if (!mounted.includes(directory)) await removeTree(directory);
  if (purge) removeEmpty();
  if (mounted.length > 0)
    throw new UserError(`${mounted.join(', ')} stays, because something is mounted there; see findmnt`);
  const program = dirname(layout.binDir);
  const last = /\/node_modules\/berth$/.test(program) ? 'npm uninstall -g berth' : `rm -r ${program}`;
  output.write(
    `${paint(formatLine('ok', 'uninstalled'), output)}\n\nLast, remove the program itself: ${last}\n`,
  );
}

/** Directories that Berth shares with other programs go if nothing is in them. */
function removeEmpty(): void {
  for (const directory of sharedDirectories) {
    try {
      rmdirSync(directory);
    } catch {
      // It is not there, or somebody uses it.
    }
  }
}

function removeService(): void {
  if (isSystemdRunning()) systemctl('disable', '--quiet', ...Object.values(unitNames));
  removeUnits();
  if (isSystemdRunning()) systemctl('daemon-reload');
}

function listing({ links, units, directories }: Traces): string {
  const paths = [...links, ...units, ...directories];
  return paths.length === 0 ? '  nothing\n' : paths.map((path) => `  ${path}\n`).join('');
}

async function isAgreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UserError('berth uninstall asks before it removes anything; without a terminal: --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Go on? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}
