import type { SourceTree } from '../tree/source-tree.ts';
import type { Problem } from './problem.ts';

/** Names that C headers of Linux give, by what they begin with. */
const ofTheKernel =
  /^(AF|CLONE|F|IF|LOCK|NETLINK|NLM|O|PR|RESOLVE|RLIM|SIG|SO|SOCK|SOL|XATTR)_[A-Z0-9_]+$|^(SIG|TC[GS]|TIOC)[A-Z0-9]+$|^(ENOSYS|WALL|WNOHANG)$/;

/** Constants of a module are named like every other value; capitals are for names that the kernel's headers give. */
export function constantCase(tree: SourceTree): Problem[] {
  return [...tree.values()].flatMap(({ path, code }) =>
    code.flatMap((line, index) => {
      const name = /^(?:export )?const ([A-Z][A-Z0-9_]+)\b/.exec(line)?.[1];
      if (name === undefined || ofTheKernel.test(name)) return [];
      return [{ path, line: index + 1, message: `"${name}" is no name of a kernel header: write camelCase` }];
    }),
  );
}
