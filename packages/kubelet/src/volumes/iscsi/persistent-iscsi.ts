// Persistent volumes that are a LUN of an iSCSI target.
import { messageOf } from '@berth/common/error-message.ts';
import type { PersistentVolume } from 'kubernetes-types/core/v1.d.ts';
import type { Pod } from '../../api/pod.ts';
import type { ApiClient, ApiObject } from '../../apiserver/api-client.ts';
import { persistentMountOptions } from '../disk-options.ts';
import type { IscsiVolume } from './iscsi-volumes.ts';

/** The volume; undefined when it is none of iSCSI. */
export function persistentIscsiVolume(
  client: Pick<ApiClient, 'get'>,
  pod: Pod,
  persistent: PersistentVolume,
  isReadOnly: boolean,
): Omit<IscsiVolume, 'label'> | undefined {
  const { metadata, spec } = persistent;
  if (!spec?.iscsi) return undefined;
  const { secretRef, ...source } = spec.iscsi;
  return {
    name: metadata?.name ?? '',
    source,
    isReadOnly: isReadOnly || source.readOnly === true,
    mountOptions: persistentMountOptions(persistent),
    secret: async () => {
      if (!secretRef?.name) return {};
      const namespace = secretRef.namespace || pod.metadata.namespace;
      return await readSecret(client, namespace, secretRef.name);
    },
  };
}

interface SecretObject extends ApiObject {
  data?: Record<string, string>;
}

async function readSecret(
  client: Pick<ApiClient, 'get'>,
  namespace: string,
  name: string,
): Promise<Record<string, string>> {
  try {
    const resource = { group: '', version: 'v1', plural: 'secrets' };
    const { data = {} } = await client.get<SecretObject>(resource, { namespace, name });
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  } catch (error) {
    throw new Error(`couldn't get secret ${namespace}/${name} error: ${messageOf(error)}`, { cause: error });
  }
}
