// A certificate of a pod with its key.

/** A key and its certificates, in PEM. */
export interface CredentialBundle {
  key: string;
  chain: string;
}
