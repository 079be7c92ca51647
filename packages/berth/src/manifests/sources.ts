// Where manifests come from: files, directories, standard input, URLs.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoText } from '@berth/common/errno-text.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { fetchManifest } from '@berth/kubelet/config/fetch-manifest.ts';
import { maxManifestBytes } from '@berth/kubelet/config/manifests.ts';
import { UserError } from '../errors/user-error.ts';

const fetchTimeoutMs = 30_000;

/** The text of a manifest, and what to call it in errors. */
export interface ManifestSource {
  readonly name: string;
  read(): Promise<Buffer>;
}

/**
 * The manifests that an argument names.
 * @param stdin the stream that `-` stands for
 * @throws UserError when there is no such file, or no manifest in a directory
 */
export async function sourcesOf(
  argument: string,
  stdin: AsyncIterable<Buffer> = process.stdin,
): Promise<ManifestSource[]> {
  if (argument === '-') return [{ name: 'standard input', read: () => readAll(stdin) }];
  if (isUrl(argument)) return [{ name: argument, read: () => download(argument) }];
  const found = await stat(argument).catch((error) => {
    throw new UserError(`${argument}: ${errnoText(error.code) ?? messageOf(error)}`);
  });
  if (!found.isDirectory()) return [file(argument)];
  const names = (await readdir(argument)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort();
  if (names.length === 0) throw new UserError(`${argument}: no .yaml, .yml or .json file in this directory`);
  return names.map((name) => file(join(argument, name)));
}

function isUrl(argument: string): boolean {
  return /^https?:\/\//i.test(argument);
}

function file(path: string): ManifestSource {
  return { name: path, read: () => readRegularFile(path, { maxBytes: maxManifestBytes }) };
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxManifestBytes) throw new Error(`larger than ${maxManifestBytes} bytes, the limit`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function download(url: string): Promise<Buffer> {
  const signal = AbortSignal.timeout(fetchTimeoutMs);
  try {
    const options = { headers: {}, validators: {}, maxBytes: maxManifestBytes, signal };
    const fetched = await fetchManifest(url, options);
    // Without validators a server has nothing to compare with.
    if (!fetched.changed) throw new Error('the server answered that nothing has changed');
    return fetched.content;
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer within ${fetchTimeoutMs / 1000} s`);
    throw error;
  }
}
