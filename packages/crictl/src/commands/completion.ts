import { defineCommand } from '../app/command.ts';
import { completionScript } from '../completion/scripts.ts';
import { print } from '../output/print.ts';

export const completion = defineCommand({
  argsUsage: 'SHELL',
  description: `Prints a completion script for bash, zsh or fish; bash by default. To load it in the current shell:

source <(crictl completion bash)
source <(crictl completion zsh)
crictl completion fish | source`,
  flags: {},
  async run({ args, showHelp }) {
    if (args.length > 1) return showHelp();
    const script = completionScript('crictl', args[0] ?? 'bash');
    if (script === undefined) throw new Error('only bash, zsh or fish are supported');
    print(script);
  },
});
