import { examine } from '../doctor.ts';
import type { NodeLayout } from '../node/layout.ts';
import { formatLine } from '../terminal/status-lines.ts';

/**
 * Prints each prerequisite of a node: ok, or what to do.
 * @returns whether everything is there
 */
export function doctor(layout: NodeLayout): boolean {
  const findings = examine(layout);
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, detail, todo } of findings) {
    console.log(formatLine(todo === undefined ? 'ok' : 'FAIL', `${name.padEnd(width)}  ${detail}`));
    if (todo !== undefined) console.log(`${' '.repeat(width + 7)}→ ${todo}`);
  }
  return findings.every(({ todo }) => todo === undefined);
}
