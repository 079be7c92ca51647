// What identifies the client to the API server.

/** A certificate with those between it and its authority, and its key; PEM. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/** What is valid at a time; empty: anonymous. */
export interface Credential {
  /** The header of that name. */
  authorization?: string;
  certificate?: ClientCertificate;
}

/** Where credentials come from, which change while the client runs. */
export interface CredentialSource {
  /** What is valid now. Asked before each request, so that it has to be cheap when nothing has changed. */
  current(): Promise<Credential>;
  /** The server did not accept this one (401). */
  refused(used: Credential): void;
}
