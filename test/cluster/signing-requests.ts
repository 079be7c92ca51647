// The CertificateSigningRequests of a cluster.
import type { ClusterClient } from '@berth/test-support/cluster/cluster-client.ts';

export const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

export interface SigningRequest {
  metadata: { name: string };
  spec: { request: string; signerName: string; username: string; usages: string[] };
  status: { certificate?: string; conditions?: { type: string }[] };
}

/** The requests for certificates of a node, by its own or by a bootstrap token. */
export async function signingRequests(
  admin: ClusterClient,
  { node, signer }: { node: string; signer?: string },
): Promise<SigningRequest[]> {
  const { items } = await admin.get<{ items: SigningRequest[] }>(path);
  return items.filter(({ spec }) => {
    const der = Buffer.from(
      Buffer.from(spec.request, 'base64')
        .toString()
        .replace(/-----.*-----/g, ''),
      'base64',
    );
    return der.includes(`system:node:${node}`) && (signer ?? spec.signerName) === spec.signerName;
  });
}
