import { execFile } from 'node:child_process';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { printable, quoted } from '@berth/common/printable.ts';
import type { AuthConfig } from './credentials.ts';

/** Milliseconds that a helper may take; some ask a service on the network. */
const timeout = 30_000;
const maxAnswer = 1024 * 1024;

/** A credential helper could not be run, or gave no usable answer. */
export class CredentialHelperError extends Error {
  override readonly name = 'CredentialHelperError';
}

/**
 * Asks `docker-credential-NAME get`, found in PATH, for a server (the docker-credential-helpers protocol: the
 * server goes in, a JSON object comes out). A user name of `<token>` marks the secret as an identity token.
 *
 * @returns undefined when the helper knows no credentials for the server
 * @throws CredentialHelperError, without what the helper printed as its answer: that may hold secrets
 */
export async function askCredentialHelper(name: string, server: string): Promise<AuthConfig | undefined> {
  const program = `docker-credential-${name}`;
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new CredentialHelperError(`credential helper ${quoted(name)}: not a name of a helper`);
  }
  const { error, stdout, stderr } = await run(program, server);
  if (error) {
    if (/credentials not found/i.test(stdout)) return undefined;
    const reason = stderr.trim() || error.message;
    throw new CredentialHelperError(`${program} get for ${server}: ${printable(reason, 500)}`, {
      cause: error,
    });
  }
  const json = JsonCursor.parse(stdout, `answer of ${program}`);
  const username = json.field('Username').optional((it) => it.string()) ?? '';
  const secret = json.field('Secret').optional((it) => it.string()) ?? '';
  if (username === '' && secret === '') return undefined;
  return username === '<token>' ? { identityToken: secret } : { username, password: secret };
}

function run(
  program: string,
  input: string,
): Promise<{ error: Error | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, ['get'], { timeout, maxBuffer: maxAnswer }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
    // A helper that answers without reading closes the pipe; what it says counts.
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${input}\n`);
  });
}
