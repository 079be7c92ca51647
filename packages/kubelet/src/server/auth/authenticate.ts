// Who a client of the secure server is: the subject of its certificate, whose token it has, or nobody in particular.
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { messageOf } from '@berth/common/error-message.ts';
import { bearerToken } from './bearer-token.ts';
import type { TokenAuthenticator } from './token-review.ts';
import type { User } from './user.ts';

/** Which clients are known. */
export interface AuthenticationOptions {
  /** Whether certificates count: the server has authorities to check them by. */
  x509: boolean;
  /** Whose a token is; undefined: tokens do not count. */
  tokens: TokenAuthenticator | undefined;
  /** Whether everybody else is `system:anonymous`. */
  anonymous: boolean;
}

/** The user; or why there is none, `undefined` for a client that gave no credentials. */
export type Authentication = { user: User } | { error: string | undefined };

/**
 * Authenticates the client of a request, and takes its token off. Wrong credentials without right ones beside them are
 * an error even where anonymous clients are served.
 */
export async function authenticate(
  request: IncomingMessage,
  options: AuthenticationOptions,
): Promise<Authentication> {
  const byCertificate = options.x509 ? certificateUser(request) : undefined;
  if (byCertificate !== undefined && 'user' in byCertificate) return byCertificate;
  const byToken = options.tokens && (await tokenUser(request, options.tokens));
  if (byToken !== undefined && 'user' in byToken) return byToken;
  const errors = [byCertificate?.error, byToken?.error].filter((error) => error !== undefined);
  if (errors.length > 0) return { error: errors.length === 1 ? errors[0] : `[${errors.join(', ')}]` };
  if (options.anonymous) return { user: { name: 'system:anonymous', groups: ['system:unauthenticated'] } };
  return { error: undefined };
}

function certificateUser({ socket }: IncomingMessage): { user: User } | { error: string } | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  // Without a certificate there is an empty object.
  if (subject === undefined) return undefined;
  if (!socket.authorized)
    return { error: `verifying certificate failed: ${String(socket.authorizationError)}` };
  const [name] = partsOf(subject.CN);
  if (name === undefined) return undefined;
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return {
    user: {
      name,
      groups: [...partsOf(subject.O), 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [id] },
    },
  };
}

async function tokenUser(
  request: IncomingMessage,
  tokens: TokenAuthenticator,
): Promise<{ user: User } | { error: string } | undefined> {
  const found = bearerToken(request.headers);
  if (found === undefined || 'error' in found) return found;
  try {
    const user = await tokens(found.token);
    if (user === undefined) return { error: 'invalid bearer token' };
    takeOff(request, found.protocols);
    return { user };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** The runtime, to which streams are passed on, is not to have the token. */
function takeOff({ headers, headersDistinct }: IncomingMessage, protocols: string | undefined): void {
  delete headers.authorization;
  delete headersDistinct['authorization'];
  if (protocols === undefined) return;
  headers['sec-websocket-protocol'] = protocols;
  headersDistinct['sec-websocket-protocol'] = [protocols];
}

/** A part of a name may occur several times. */
function partsOf(value: string | string[] | undefined): string[] {
  return [value ?? []].flat().filter((part) => part !== '');
}
