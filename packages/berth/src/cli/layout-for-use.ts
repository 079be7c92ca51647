// The node's layout for commands that a wrong config.yaml must not stop.
import { type NodeLayout, usableLayout } from '../node/layout.ts';
import { formatLine, paint } from '../terminal/status-lines.ts';

/** The layout of the node; a warning says when config.yaml is wrong, and what is used instead. */
export function layoutForUse(): NodeLayout {
  return usableLayout((problem) => {
    process.stderr.write(`${paint(formatLine('warn', problem), process.stderr)}\n`);
  });
}
