// What one run of a probe found out.

/** `warning` counts as success. A run that found nothing out throws instead. */
export interface ProbeOutcome {
  result: 'success' | 'failure' | 'warning';
  /** What the target said, or what is wrong. */
  output: string;
}

/** How much of a target's answer is kept. */
export const maxOutputBytes = 10 * 1024;
