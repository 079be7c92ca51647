import { execFile } from 'node:child_process';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { printable, quoted } from '@berth/common/printable.ts';
import type { AuthConfig } from './credentials.ts';

/** Timeout of a helper in milliseconds; some call a service on the network. */
const timeout = 30_000;
const maxAnswer = 1024 * 1024;

/** A credential helper failed, or printed no valid answer. */
export class CredentialHelperError extends Error {
  override readonly name = 'CredentialHelperError';
}

/**
 * Runs `docker-credential-NAME get` in PATH for a server (the docker-credential-helpers protocol: it reads the server
 * from stdin and prints a JSON object). The user name `<token>` marks the secret as an identity token.
 *
 * @returns undefined when the helper has no credentials for the server
 * @throws CredentialHelperError, without the output of the helper, which may contain secrets
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
    // EPIPE: the helper did not read its input. Only its answer counts.
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${input}\n`);
  });
}
