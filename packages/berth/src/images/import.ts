// Loads images from files by berthd's HTTP endpoint, because the CRI has no such call.
import { messageOf } from '@berth/common/error-message.ts';
import type { ImportAnswer } from '@berth/runtime/image/import.ts';
import { UserError } from '../errors/user-error.ts';
import { http } from '../node/http.ts';

/**
 * Loads the images of an archive into the runtime's store, by berthd's HTTP endpoint beside the CRI.
 * @param path an OCI layout (directory or tar) or an archive of `docker save`
 * @returns the names of the images, or the id of one without a name
 * @throws UserError with the runtime's error message
 */
export async function importImages(socket: string, path: string): Promise<string[]> {
  const { status, body } = await http(
    { socketPath: socket },
    {
      method: 'POST',
      path: '/images/import',
      body: { path },
    },
  ).catch((error) => {
    throw new UserError(
      `the runtime does not answer at ${socket}: ${messageOf(error)}; start it with: berth up`,
    );
  });
  if (status === 404)
    throw new UserError(`the runtime at ${socket} is not berthd: it cannot load images from files`);
  if (status !== 200) throw new UserError(`${path}: ${body.trim() || `the runtime answered ${status}`}`);
  return importedNames(body);
}

/** The names in berthd's answer, which is a line of JSON for each image. */
function importedNames(answer: string): string[] {
  const lines = answer.split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    // berthd sends ImportAnswer; it is trusted.
    const { id, names } = JSON.parse(line) as ImportAnswer;
    return names.length > 0 ? names : [id];
  });
}
