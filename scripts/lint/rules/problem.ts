/** A place that breaks a rule. */
export interface Problem {
  path: string;
  /** From 1. */
  line: number;
  /** What is wrong, and what to do instead. */
  message: string;
}
