// Reads a kubeconfig file.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { type ApiAccess, apiAccess, type Pem } from './api-access.ts';
import { KubeconfigError, parseKubeconfig } from './kubeconfig.ts';

/** Maximum size of a kubeconfig; certificates and keys in it included. */
const maxBytes = 4 * 1024 * 1024;

/**
 * The API server and identity of the current context of a kubeconfig, whose files can be read. Throws KubeconfigError,
 * which names the kubeconfig.
 */
export async function loadKubeconfig(path: string): Promise<ApiAccess> {
  try {
    const found = apiAccess(parseKubeconfig(await readRegularFile(path, { maxBytes })), path);
    for (const file of filesOf(found)) await access(file, constants.R_OK);
    return found;
  } catch (error) {
    throw new KubeconfigError(`invalid kubeconfig ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function filesOf({ certificateAuthority, user: { clientCertificate, tokenFile } }: ApiAccess): string[] {
  const pems: (Pem | undefined)[] = [certificateAuthority, clientCertificate?.cert, clientCertificate?.key];
  const files = pems.flatMap((pem) => (pem !== undefined && 'file' in pem ? [pem.file] : []));
  return tokenFile === undefined ? files : [...files, tokenFile];
}
