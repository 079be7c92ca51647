// The berth command: arguments, and which command they call.
import { messageOf } from '@berth/common/error-message.ts';
import { Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { UpOptions } from './commands/up.ts';
import { UserError } from './errors/user-error.ts';
import { validations } from './manifests/validation.ts';
import { defaultLayout } from './node/layout.ts';

const defaultUpSeconds = 120;
const defaultDownSeconds = 60;

// Import each command on demand: `berth doctor` must work when a dependency of `berth up` fails to load.
const program = new Command('berth')
  .description('Runs pods on this machine: a Kubernetes node in one command.')
  .version(`berth ${packageJson.version}`, '-v, --version')
  .showHelpAfterError('(see berth --help)')
  .addHelpText(
    'after',
    `
Examples:
  berth up pod.yaml        start the node if it does not run, run the pod, wait until it is ready
  berth status             what runs
  berth down               end pods, kubelet and runtime

The pods' logs are in /var/log/pods, the daemons' in /var/log/berth. bin/crictl looks inside.`,
  );

program
  .command('up')
  .description('start the node if it does not run, install manifests, wait until their pods are ready')
  .argument('[MANIFEST...]', 'files with pods in YAML or JSON, or directories of them')
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
    const { up } = await import('./commands/up.ts');
    await up(defaultLayout(), manifests, options);
  });

program
  .command('down')
  .description('stop the pods of berth up, the kubelet and the runtime')
  .option('--timeout <seconds>', 'how long to wait for pods to end', parseSeconds, defaultDownSeconds)
  .action(async (options: { timeout: number }) => {
    const { down } = await import('./commands/down.ts');
    await down(defaultLayout(), options);
  });

program
  .command('status')
  .description('show whether runtime and kubelet run, and list the pods (exit code 1 when they do not)')
  .action(async () => {
    const { status } = await import('./commands/status.ts');
    if (!(await status(defaultLayout()))) process.exitCode = 1;
  });

const image = program.command('image').description('images in the runtime');
image
  .command('load')
  .description('load images from an OCI layout (directory or tar) or an archive of docker save')
  .argument('<FILE|DIR>')
  .action(async (path: string) => {
    const { loadImages } = await import('./commands/image.ts');
    await loadImages(defaultLayout(), path);
  });
image
  .command('ls')
  .description('list the images')
  .action(async () => {
    const { listImages } = await import('./commands/image.ts');
    await listImages(defaultLayout());
  });

program
  .command('doctor')
  .description('check each prerequisite of a node: ok, or what to do (exit code 1 when something is missing)')
  .action(async () => {
    const { doctor } = await import('./commands/doctor.ts');
    if (!doctor(defaultLayout())) process.exitCode = 1;
  });

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0) || !Number.isFinite(seconds))
    throw new InvalidArgumentError('want a number of seconds above 0');
  return seconds;
}

// EPIPE: the reader closed the pipe (`| head`), which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  const known = error instanceof UserError || (error instanceof Error && error.name === 'ConfigError');
  console.error(known ? messageOf(error) : error);
  process.exitCode = 1;
}
