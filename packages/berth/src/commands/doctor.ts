// `berth doctor`: prints what doctor/examine.ts finds.
import { examine } from '../doctor/examine.ts';
import type { NodeLayout } from '../node/layout.ts';
import { formatLine, type Output, paint } from '../terminal/status-lines.ts';

/**
 * Prints each prerequisite of a node: ok, or how to fix it.
 * @returns whether all required prerequisites are met
 */
export async function doctor(layout: NodeLayout, output: Output = process.stdout): Promise<boolean> {
  const findings = await examine(layout);
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, detail, todo, optional } of findings) {
    const mark = todo === undefined ? 'ok' : optional === true ? 'warn' : 'FAIL';
    output.write(`${paint(formatLine(mark, `${name.padEnd(width)}  ${detail}`), output)}\n`);
    if (todo !== undefined) output.write(`${' '.repeat(width + 7)}→ ${todo}\n`);
  }
  return findings.every(({ todo, optional }) => todo === undefined || optional === true);
}
