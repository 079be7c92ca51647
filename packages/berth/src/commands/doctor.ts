import { examine } from '../doctor.ts';
import type { NodeLayout } from '../node/layout.ts';
import { formatLine, type Output } from '../terminal/status-lines.ts';

/**
 * Prints each prerequisite of a node: ok, or what to do.
 * @returns whether everything is there
 */
export function doctor(layout: NodeLayout, output: Output = process.stdout): boolean {
  const findings = examine(layout);
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, detail, todo } of findings) {
    output.write(`${formatLine(todo === undefined ? 'ok' : 'FAIL', `${name.padEnd(width)}  ${detail}`)}\n`);
    if (todo !== undefined) output.write(`${' '.repeat(width + 7)}→ ${todo}\n`);
  }
  return findings.every(({ todo }) => todo === undefined);
}
