// The port through which projected volumes get what an API server makes for a pod.
import type { ClusterTrustBundleProjection } from 'kubernetes-types/core/v1.d.ts';
import type { Pod, PodCertificateProjection } from '../api/pod.ts';
import type { CredentialBundle } from './contents/credential-bundle.ts';

/** Which token of a service account. */
export interface TokenRequest {
  /** Whom it is for; empty: the API server. */
  audience: string;
  expirationSeconds: number;
  /** Only of the service account with this UID. */
  serviceAccountUid?: string;
}

/** A token as the API server has issued it. */
export interface IssuedToken {
  token: string;
  /** RFC 3339. */
  expirationTimestamp: string;
}

/** What an API server makes for pods. */
export interface ServerContents {
  /** A token of the pod's service account that is valid for a while. Rejects when there is none. */
  token(pod: Pod, request: TokenRequest): Promise<string>;
  /** The same token, with its end. */
  issuedToken(pod: Pod, request: TokenRequest): Promise<IssuedToken>;
  /** The certificates that a source asks for, in PEM. Rejects when there are none. */
  trustAnchors(source: Omit<ClusterTrustBundleProjection, 'path'>): Promise<string>;
  /** The certificate for a source of the volume. Rejects while there is none. */
  certificate(
    pod: Pod,
    source: { volume: string; index: number; projection: PodCertificateProjection },
  ): Promise<CredentialBundle>;
}
