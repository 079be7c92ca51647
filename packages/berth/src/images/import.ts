// Loads images from archives by berthd's HTTP endpoint, because the CRI has no such call.
import type { Readable } from 'node:stream';
import type { ImportAnswer } from '@berth/runtime/image/import.ts';
import { bodyOf } from '../node/http.ts';
import { requestBerthd } from './berthd.ts';

/** An OCI layout (directory or tar) or an archive of `docker save`. */
export interface Archive {
  /** What it is called in errors. */
  readonly name: string;
  /** Its path, or the bytes of a tar. */
  readonly content: string | Readable;
}

/**
 * Loads the images of an archive into the runtime's store.
 * @returns the names of the images, or the id of one without a name
 * @throws UserError with the runtime's error message
 */
export async function importImages(socket: string, { name, content }: Archive): Promise<string[]> {
  const what = typeof content === 'string' ? { body: { path: content } } : { tar: content };
  const request = { method: 'POST', path: '/images/import', ...what } as const;
  const response = await requestBerthd(socket, request, (problem) => importProblem(name, problem));
  return importedNames(await bodyOf(response));
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

/** berthd's error, which may begin with a name of its own, and what to load instead of a file that is no archive. */
function importProblem(name: string, problem: string): string {
  const advice = problem.includes('not a tar archive')
    ? '; give an archive of docker save, or an OCI layout (a directory or a tar of one)'
    : '';
  const plain = problem.replace(/^image archive: /, '');
  return `${plain.startsWith(`${name}: `) ? '' : `${name}: `}${plain}${advice}`;
}
