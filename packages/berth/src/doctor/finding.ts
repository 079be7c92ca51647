// What a check of this machine found.

/** The result of checking one prerequisite. */
export interface Finding {
  readonly name: string;
  readonly detail: string;
  /** How to fix it; absent when the check passed. */
  readonly todo?: string;
  /** The node also works without the fix. */
  readonly optional?: boolean;
}
