// The Secrets that drivers are given.
import { messageOf } from '@berth/common/error-message.ts';
import type { ApiClient, ApiObject } from '../../apiserver/api-client.ts';
import type { SecretName } from './csi-volume.ts';

interface SecretObject extends ApiObject {
  data?: Record<string, string>;
}

/**
 * What a Secret has; nothing when a volume has no Secret.
 *
 * @param field the field of the volume that names it, for the error
 */
export async function readSecret(
  client: Pick<ApiClient, 'get'>,
  secret: SecretName | undefined,
  field: string,
): Promise<Record<string, string>> {
  if (!secret) return {};
  try {
    const secrets = { group: '', version: 'v1', plural: 'secrets' };
    const { data = {} } = await client.get<SecretObject>(secrets, secret);
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  } catch (error) {
    const { namespace, name } = secret;
    throw new Error(`fetching ${field} ${namespace}/${name} failed: ${messageOf(error)}`, { cause: error });
  }
}
