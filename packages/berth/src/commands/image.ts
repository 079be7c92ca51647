// `berth image load` and `berth image ls`; image-store.ts and image-save.ts have the others.
import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { connectCri } from '@berth/cri/client/client.ts';
import { UserError } from '../errors/user-error.ts';
import { imageTable } from '../images/image-table.ts';
import { type Archive, importImages } from '../images/import.ts';
import type { NodeLayout } from '../node/layout.ts';
import { unreachable } from '../node/reach.ts';
import { runtimeVersion } from '../node/runtime.ts';
import type { Output } from '../terminal/status-lines.ts';

/** `berth image load`: puts the images of an archive into the runtime's store and prints their names. */
export async function loadImages(
  { socket }: NodeLayout,
  path: string,
  output: Output = process.stdout,
): Promise<void> {
  for (const name of await importImages(socket, archiveAt(path))) output.write(`Loaded ${name}\n`);
}

/** The archive at a path: berthd reads files and directories itself, and cannot open what only this process has. */
function archiveAt(path: string): Archive {
  if (path === '-') {
    if (process.stdin.isTTY)
      throw new UserError(
        'standard input is a terminal: give an archive, or pipe one into berth image load -',
      );
    return { name: 'standard input', content: process.stdin };
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UserError(`${path}: no such file or directory`);
  return found.isFile() || found.isDirectory()
    ? { name: resolve(path), content: resolve(path) }
    : { name: path, content: createReadStream(path) };
}

/** `berth image ls`: prints the images in the runtime's store. */
export async function listImages(
  { socket }: NodeLayout,
  options: { quiet: boolean },
  output: Output = process.stdout,
): Promise<void> {
  const client = connectCri(socket);
  try {
    if ((await runtimeVersion(client)) === undefined) {
      throw await unreachable(socket, 'berth image ls');
    }
    const text = await imageTable(client, options);
    if (text !== '') output.write(`${text}\n`);
  } finally {
    client.close();
  }
}
