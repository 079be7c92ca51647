// Statistics as JSON text. Pure.
import type { Summary } from './stats-api.ts';

declare global {
  interface JSON {
    /** JSON text that JSON.stringify takes over as it is; TypeScript does not know it yet. */
    rawJSON(text: string): object;
  }
}

/** The text as the real kubelet writes it: indented by one space, 64-bit numbers with all their digits. */
export function statsJson(summary: Summary): string {
  return JSON.stringify(
    summary,
    (_name, value: unknown) => (typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value),
    1,
  );
}
