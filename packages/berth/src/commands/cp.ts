// `berth cp`: copies files between this machine and a container.
import { constants, fstatSync, openSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { errnoText } from '@berth/common/errno-text.ts';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { printable } from '@berth/common/printable.ts';
import { type CopyOptions, copyEntries, copyTree } from '@berth/linux/files/copy-tree.ts';
import { magicPath, openInRoot } from '@berth/linux/files/safe-path.ts';
import { closeDescriptor } from '@berth/linux/syscall/libc.ts';
import { openContainerRoot } from '../copy/container-root.ts';
import { directionOf, nameOfSource, placeOf } from '../copy/place.ts';
import { UserError } from '../errors/user-error.ts';
import { withRuntime } from '../node/cri-app.ts';
import type { NodeLayout } from '../node/layout.ts';
import { requireRoot } from '../node/root.ts';
import type { Output } from '../terminal/status-lines.ts';

export interface CpOptions {
  /** Name of the container, of a pod with several. */
  readonly container?: string;
}

/** Opens a path with these flags of open(2), on one of the two sides. */
type Open = (path: string, flags: number) => number;

/**
 * Copies a file or a directory, as `cp -r` would: into the target when that is a directory, else under the target's name.
 *
 * It opens the root directory of the container's first process and stays in it by openat2(2), whatever links the
 * container has. So the image needs no tar, the container's processes take no part and may be stopped, and nothing that
 * they print is interpreted. The copies in a container belong to its user, with whose permissions they are made.
 *
 * @returns whether everything was copied
 * @throws UserError when a place does not exist, or the container does not run
 */
export async function cp(
  layout: Pick<NodeLayout, 'socket'>,
  source: string,
  target: string,
  { container }: CpOptions,
  warnings: Output = process.stderr,
): Promise<boolean> {
  requireRoot('berth cp');
  const direction = directionOf(placeOf(source), placeOf(target));
  const remote = direction.out ? direction.from : direction.to;
  const wanted = container === undefined ? remote.container : `${remote.container}/${container}`;
  using root = await withRuntime(layout, (app) => openContainerRoot(app, wanted));
  if (root === undefined) return false;
  const inContainer: Open = (path, flags) => openInRoot(magicPath(root.descriptor), path, flags);
  const onHost: Open = (path, flags) => openSync(resolve(path), flags);
  let isWhole = true;
  const options: CopyOptions = {
    ...(!direction.out && { user: root.user }),
    skipped: (path, reason) => {
      isWhole = false;
      warnings.write(`${printable(path)} is not copied: ${reason}\n`);
    },
  };
  const sides = direction.out
    ? { from: { open: inContainer, path: direction.from.path }, to: { open: onHost, path: direction.to } }
    : { from: { open: onHost, path: direction.from }, to: { open: inContainer, path: direction.to.path } };
  // placeOf() normalizes the path, and with it the `/.` that means the contents.
  const name = nameOfSource(direction.out ? source.slice(source.indexOf(':') + 1) : source);
  try {
    await copyBetween(sides, name, options);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // The paths of an error are relative to open directories, by numbers that mean nothing outside.
    const reason = error instanceof Error && 'code' in error ? errnoText(String(error.code)) : undefined;
    throw new UserError(printable(`cannot copy ${source} to ${target}: ${reason ?? messageOf(error)}`), {
      cause: error,
    });
  }
  return isWhole;
}

interface Side {
  readonly open: Open;
  readonly path: string;
}

async function copyBetween(
  { from, to }: { from: Side; to: Side },
  name: string | undefined,
  options: CopyOptions,
): Promise<void> {
  const source = from.open(from.path, O_PATH);
  try {
    const directory = openDirectory(to.open, to.path);
    if (directory !== undefined) {
      try {
        if (name !== undefined)
          await copyTree(source, { directory, name: Buffer.from(name) }, from.path, options);
        else if (fstatSync(source).isDirectory()) await copyEntries(source, directory, from.path, options);
        else throw new UserError(`${from.path} is not a directory`);
      } finally {
        closeDescriptor(directory);
      }
      return;
    }
    if (to.path.endsWith('/') && !fstatSync(source).isDirectory())
      throw new UserError(`${to.path} is not a directory`);
    const parent = openDirectory(to.open, dirname(to.path));
    if (parent === undefined) throw new UserError(`${dirname(to.path)} is not a directory`);
    try {
      const as = Buffer.from(basename(to.path));
      await copyTree(source, { directory: parent, name: as }, from.path, options);
    } finally {
      closeDescriptor(parent);
    }
  } finally {
    closeDescriptor(source);
  }
}

/** An open directory; undefined when there is none at the path. */
function openDirectory(open: Open, path: string): number | undefined {
  try {
    return open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
