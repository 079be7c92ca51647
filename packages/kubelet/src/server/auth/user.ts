/** An authenticated client. */
export interface User {
  name: string;
  groups: readonly string[];
  uid?: string;
  /** What else its authenticator says of it. */
  extra?: Record<string, string[]>;
}
