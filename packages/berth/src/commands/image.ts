// `berth image load` and `berth image ls`.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { connectCri } from '@berth/cri/client/client.ts';
import { UserError } from '../errors/user-error.ts';
import { imageTable } from '../images/image-table.ts';
import { importImages } from '../images/import.ts';
import type { NodeLayout } from '../node/layout.ts';
import { runtimeVersion } from '../node/runtime.ts';
import type { Output } from '../terminal/status-lines.ts';

/** `berth image load`: puts the images of an archive into the runtime's store and prints their names. */
export async function loadImages(
  { socket }: NodeLayout,
  path: string,
  output: Output = process.stdout,
): Promise<void> {
  if (!existsSync(path)) throw new UserError(`${path}: no such file or directory`);
  for (const name of await importImages(socket, resolve(path))) output.write(`Loaded ${name}\n`);
}

/** `berth image ls`: prints the images in the runtime's store. */
export async function listImages({ socket }: NodeLayout, output: Output = process.stdout): Promise<void> {
  const client = connectCri(socket);
  try {
    if ((await runtimeVersion(client)) === undefined) {
      throw new UserError(`the runtime does not answer at ${socket}; start it with: berth up`);
    }
    output.write(`${await imageTable(client)}\n`);
  } finally {
    client.close();
  }
}
