// Who a client of the secure server is: the subject of its certificate, or nobody in particular.
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** An authenticated client. */
export interface User {
  name: string;
  groups: readonly string[];
}

/** Which clients are known. */
export interface AuthenticationOptions {
  /** Whether certificates count: the server has authorities to check them by. */
  x509: boolean;
  /** Whether everybody else is `system:anonymous`. */
  anonymous: boolean;
}

/** The user; or why there is none, `undefined` for a client that gave no credentials. */
export type Authentication = { user: User } | { error: string | undefined };

/** Authenticates the client of a request. A wrong certificate is an error even where anonymous clients are served. */
export function authenticate({ socket }: IncomingMessage, options: AuthenticationOptions): Authentication {
  if (options.x509 && socket instanceof TLSSocket) {
    const { subject } = socket.getPeerCertificate();
    // Without a certificate there is an empty object.
    if (subject !== undefined) {
      if (!socket.authorized)
        return { error: `verifying certificate failed: ${String(socket.authorizationError)}` };
      const [name] = partsOf(subject.CN);
      const groups = [...partsOf(subject.O), 'system:authenticated'];
      if (name !== undefined) return { user: { name, groups } };
    }
  }
  if (options.anonymous) return { user: { name: 'system:anonymous', groups: ['system:unauthenticated'] } };
  return { error: undefined };
}

/** A part of a name may occur several times. */
function partsOf(value: string | string[] | undefined): string[] {
  return [value ?? []].flat().filter((part) => part !== '');
}
