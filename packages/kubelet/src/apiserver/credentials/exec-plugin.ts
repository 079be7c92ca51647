// Credentials from a program, which runs when there are none, they have expired, or the server refuses them.
import { execFile } from 'node:child_process';
import { createSecureContext } from 'node:tls';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { printable } from '@berth/common/printable.ts';
import { createLogger } from '../../klog/klog.ts';
import type { ApiAccess, ExecAccess } from '../kubeconfig/api-access.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { type ExecCredential, execInfo, readExecCredential } from './exec-credential.ts';
import { pemReader } from './pem-reader.ts';

const log = createLogger('exec-plugin.ts');

const timeoutMs = 60_000;
const maxOutputBytes = 1024 * 1024;

/** Runs a credential plugin. Concurrent requests share one run. */
export class ExecPlugin implements CredentialSource {
  readonly #exec: ExecAccess;
  readonly #access: ApiAccess;
  readonly #authority: (() => Promise<string>) | undefined;
  #cached: ExecCredential | undefined;
  #running: Promise<ExecCredential> | undefined;

  constructor(exec: ExecAccess, access: ApiAccess) {
    this.#exec = exec;
    this.#access = access;
    this.#authority = access.certificateAuthority && pemReader(access.certificateAuthority);
  }

  async current(): Promise<Credential> {
    const cached = this.#cached;
    if (cached !== undefined && (cached.expiresAtMs === undefined || Date.now() <= cached.expiresAtMs)) {
      return cached.credential;
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#cached = await this.#running;
    return this.#cached.credential;
  }

  refused(used: Credential): void {
    if (this.#cached?.credential === used) this.#cached = undefined;
  }

  async #run(): Promise<ExecCredential> {
    const { command, args, env, apiVersion } = this.#exec;
    const info = execInfo(this.#exec, this.#access, await this.#authority?.());
    const output = await this.#output(command, args, {
      ...process.env,
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: info,
    });
    try {
      const found = readExecCredential(output, apiVersion);
      if (found.credential.certificate) createSecureContext(found.credential.certificate);
      return found;
    } catch (error) {
      throw new Error(`exec: ${command}: ${messageOf(error)}`);
    }
  }

  async #output(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (stderr.trim() !== '') log.info('Credential plugin', { command, stderr: printable(stderr, 1024) });
      if (error) reject(this.#failure(error));
      else resolve(stdout);
    });
    child.stdin?.end();
    return await promise;
  }

  #failure(error: Error & { code?: unknown; killed?: boolean }): Error {
    const { command, installHint } = this.#exec;
    if (hasCode(error, 'ENOENT')) {
      return new Error(
        `exec: executable ${command} not found${installHint === undefined ? '' : `; ${printable(installHint, 1024)}`}`,
      );
    }
    if (typeof error.code === 'number') {
      return new Error(`exec: executable ${command} failed with exit code ${error.code}`);
    }
    if (error.killed)
      return new Error(`exec: executable ${command} has not ended after ${timeoutMs / 1000} s`);
    // Other messages quote the command line.
    return new Error(`exec: executable ${command} failed: ${String(error.code ?? 'killed')}`);
  }
}
