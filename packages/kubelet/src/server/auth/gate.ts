// Lets requests of users pass who are allowed to make them, and words the refusals as the real kubelet does.
import type { IncomingMessage } from 'node:http';
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../../klog/klog.ts';
import type { Gate, Refusal } from '../http/http-server.ts';
import { type RequestAttributes, requestAttributes } from './attributes.ts';
import type { Authentication } from './authenticate.ts';
import type { User } from './user.ts';

const log = createLogger('gate.ts');

/** Whether a user may do something to a subresource of this node. */
export type Authorizer = (
  user: User,
  attributes: Pick<RequestAttributes, 'verb' | 'resource'> & { subresource: string },
) => Promise<boolean>;

/** Authorization mode AlwaysAllow. */
export const alwaysAllow: Authorizer = async () => true;

/** Makes the gate of the secure server. */
export function makeGate(
  authenticate: (request: IncomingMessage) => Promise<Authentication>,
  authorize: Authorizer,
): Gate {
  return async (request, path) => {
    const found = await authenticate(request);
    if ('error' in found) {
      if (found.error !== undefined) {
        log.error('Unable to authenticate the request due to an error', {
          err: found.error,
          remote: request.socket.remoteAddress,
        });
      }
      return { status: 401, text: 'Unauthorized' };
    }
    return await check(found.user, requestAttributes(request.method ?? 'GET', path), authorize);
  };
}

async function check(
  user: User,
  { verb, resource, subresources }: RequestAttributes,
  authorize: Authorizer,
): Promise<Refusal | undefined> {
  for (const subresource of subresources) {
    try {
      if (await authorize(user, { verb, resource, subresource })) return undefined;
    } catch (error) {
      log.error('Authorization error', {
        user: user.name,
        verb,
        resource,
        subresource,
        err: messageOf(error),
      });
      const what = `user=${user.name}, verb=${verb}, resource=${resource}, subresource=${subresource}`;
      return { status: 500, text: `Authorization error (${what})` };
    }
  }
  log.v(2, 'Forbidden', { user: user.name, verb, resource, subresources });
  const what = `user=${user.name}, verb=${verb}, resource=${resource}, subresource(s)=[${subresources.join(' ')}]`;
  return { status: 403, text: `Forbidden (${what})\n` };
}
