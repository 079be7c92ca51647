// The commands of berth and their arguments.
import { printText } from '@berth/common/files/print-text.ts';
import { berthVersion } from '@berth/common/version.ts';
import { Command, Help, Option } from 'commander';
import type { UpOptions } from '../commands/up.ts';
import { validations } from '../manifests/validation.ts';
import { defaultLayout, usableLayout } from '../node/layout.ts';
import { registerImages } from './images.ts';
import { addInstallCommands } from './install.ts';
import { layoutForUse } from './layout-for-use.ts';
import { addPodCommands } from './pods.ts';
import { parseSeconds } from './seconds.ts';
import { registerTools } from './tools.ts';

const defaultUpSeconds = 120;
const defaultDownSeconds = 60;

/** The command line of berth. Each command is imported on demand: `berth doctor` works when `berth up` does not load. */
export function berthProgram(): Command {
  const program = new Command('berth')
    .description('Runs pods on this machine: a Kubernetes node in one command.')
    .version(`berth ${berthVersion}`, '-v, --version')
    .configureHelp({ optionDescription })
    .configureOutput({ writeOut: (text) => printText(text, 'berth') })
    .showHelpAfterError('(see berth --help)')
    .addHelpText(
      'after',
      `
Examples:
  berth up pod.yaml        start the node if it does not run, run the pod, wait until it is up
  berth status             what runs, and what fails
  berth logs -f hello      the log of the pod hello
  berth exec -it hello -- sh
  berth run -it --rm IMAGE an image as a pod, connected to this terminal
  berth cp hello:/path .   copy files of a pod
  berth down pod.yaml      end the pod
  berth down               end pods, kubelet and runtime

Pods are called hello, default/hello, or by the full name with the node's.
The pods' logs are in /var/log/pods, the daemons' in /var/log/berth. crictl looks inside the runtime.`,
    );

  program
    .command('up')
    .description('start the node if it does not run, install manifests, wait until their pods are up')
    .argument(
      '[MANIFEST...]',
      'files with pods or workloads in YAML or JSON, directories of them, URLs, or - for standard input',
    )
    .option('--timeout <seconds>', 'how long to wait for the pods', parseSeconds, defaultUpSeconds)
    .addOption(
      new Option(
        '--validate <how>',
        'how to treat fields without effect (unknown, set twice, unsupported): as errors, as warnings, or not at all',
      )
        .choices(validations)
        .default('strict'),
    )
    .option('--try', 'then send a request to the first port of each pod and print the answer', false)
    .action(async (manifests: string[], options: UpOptions) => {
      const { up } = await import('../commands/up.ts');
      await up(defaultLayout(), manifests, options);
    });

  program
    .command('down')
    .description(
      'stop the node: the pods of berth up, the kubelet and the runtime; or end only some pods, for good',
    )
    .argument(
      '[POD|MANIFEST...]',
      'names of pods, or manifests as they were given to berth up: they are removed, the node goes on',
    )
    .option('--timeout <seconds>', 'how long to wait for pods to end', parseSeconds, defaultDownSeconds)
    .action(async (words: string[], options: { timeout: number }) => {
      if (words.length > 0) {
        const { downSome } = await import('../commands/down-some.ts');
        return await downSome(layoutForUse(), words, options);
      }
      const { down } = await import('../commands/down.ts');
      await down(layoutForUse(), options);
    });

  program
    .command('status')
    .description(
      'show whether runtime and kubelet run, and list the pods (exit code 1 when one of them fails)',
    )
    .action(async () => {
      const { status } = await import('../commands/status.ts');
      if (!(await status(layoutForUse()))) process.exitCode = 1;
    });

  addPodCommands(program, layoutForUse);
  registerImages(program, layoutForUse);
  registerTools(program, layoutForUse);

  program
    .command('doctor')
    .description(
      'check each prerequisite of a node: ok, or what to do (exit code 1 when something is missing)',
    )
    .action(async () => {
      const { doctor } = await import('../commands/doctor.ts');
      // It has a line of its own for a wrong config.yaml.
      if (!(await doctor(usableLayout(() => {})))) process.exitCode = 1;
    });

  addInstallCommands(program);

  return program;
}

/** Without the default of a flag, which is off as long as nobody gives it. */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option);
}
