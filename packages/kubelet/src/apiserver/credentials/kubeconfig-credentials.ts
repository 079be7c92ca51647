// The credentials that a kubeconfig names: from itself, from files that are read again, or from a program.
import { createSecureContext } from 'node:tls';
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../../klog/klog.ts';
import type { ApiAccess, ApiUser } from '../kubeconfig/api-access.ts';
import type { ClientCertificate, Credential, CredentialSource } from './credential.ts';
import { ExecPlugin } from './exec-plugin.ts';
import { pemReader } from './pem-reader.ts';
import { RenewedFile } from './renewed-file.ts';

const log = createLogger('kubeconfig-credentials.ts');

/** client-go reads a token again a minute after the last time, less ten seconds. */
const tokenMaxAgeMs = 50_000;

/**
 * The source of a user's credentials. A program is used when nothing else identifies the user.
 *
 * @param now a clock in milliseconds, by which files are read again
 */
export function kubeconfigCredentials(access: ApiAccess, now?: () => number): CredentialSource {
  const { user } = access;
  const { clientCertificate, token, tokenFile, basic, exec } = user;
  const isIdentified = clientCertificate ?? token ?? tokenFile ?? basic;
  if (exec !== undefined && isIdentified === undefined) return new ExecPlugin(exec, access);
  return new WrittenCredentials(user, now);
}

class WrittenCredentials implements CredentialSource {
  readonly #user: ApiUser;
  readonly #tokenFile: RenewedFile | undefined;
  readonly #pair: { cert: () => Promise<string>; key: () => Promise<string> } | undefined;
  #certificate: ClientCertificate | undefined;

  constructor(user: ApiUser, now: (() => number) | undefined) {
    this.#user = user;
    this.#tokenFile =
      user.tokenFile === undefined ? undefined : new RenewedFile(user.tokenFile, tokenMaxAgeMs, now);
    const pair = user.clientCertificate;
    this.#pair = pair && { cert: pemReader(pair.cert, now), key: pemReader(pair.key, now) };
  }

  async current(): Promise<Credential> {
    const authorization = await this.#authorization();
    const certificate = await this.#clientCertificate();
    return { ...(authorization !== undefined && { authorization }), ...(certificate && { certificate }) };
  }

  refused(): void {
    this.#tokenFile?.expire();
  }

  async #authorization(): Promise<string | undefined> {
    const { token, basic } = this.#user;
    if (basic !== undefined) {
      return `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
    }
    if (this.#tokenFile === undefined) return token === undefined ? undefined : `Bearer ${token.trim()}`;
    try {
      return `Bearer ${(await this.#tokenFile.content()).trim()}`;
    } catch (error) {
      if (token === undefined) throw error;
      return `Bearer ${token.trim()}`;
    }
  }

  async #clientCertificate(): Promise<ClientCertificate | undefined> {
    if (this.#pair === undefined) return undefined;
    const [cert, key] = [await this.#pair.cert(), await this.#pair.key()];
    const former = this.#certificate;
    if (former?.cert === cert && former.key === key) return former;
    try {
      createSecureContext({ cert, key });
    } catch (error) {
      const problem = `the client certificate or its key cannot be used: ${messageOf(error)}`;
      if (former === undefined) throw new Error(problem);
      // While only one of the two files is renewed.
      log.v(1, 'The last client certificate stays in use', { err: problem });
      return former;
    }
    this.#certificate = { cert, key };
    return this.#certificate;
  }
}
