import { defineCommand } from '../app/command.ts';
import { loadPodConfig } from '../create/config-files.ts';
import { within } from '../errors/within.ts';
import { parseLabels } from '../filters/labels.ts';
import { isTerminal, outputStream, print } from '../output/print.ts';
import { credentials, pullFlags, pullImage } from '../pull/pull.ts';
import { podSchemaCommands } from './jsonschema-subcommands.ts';

export const pull = defineCommand({
  argsUsage: 'NAME[:TAG|@DIGEST]',
  subcommands: podSchemaCommands,
  flags: {
    ...pullFlags,
    creds: { ...pullFlags.creds, env: ['CRICTL_CREDS'] },
    auth: { ...pullFlags.auth, env: ['CRICTL_AUTH'] },
    username: { ...pullFlags.username, aliases: ['u'] },
    'pod-config': {
      type: 'string',
      placeholder: 'pod-config.[json|yaml]',
      usage: 'Pod configuration file to pull the image for',
    },
    annotation: { type: 'strings', aliases: ['a'], usage: 'key=value annotation of the image' },
  },
  async run({ app, flags, given, args, showHelp }) {
    const [image = ''] = args;
    if (image === '') throw new Error('image name cannot be empty');
    if (args.length > 1) return showHelp();
    const options = {
      auth: await credentials(flags),
      sandboxConfig: given.has('pod-config')
        ? await within('load podSandboxConfig', () => loadPodConfig(flags['pod-config'], app.logger))
        : undefined,
      annotations: given.has('annotation') ? parseLabels(flags.annotation) : {},
      timeoutMs: flags['pull-timeout'],
      // Debug lines would break the progress bars.
      ...(isTerminal(1) &&
        process.env['TERM'] !== 'dumb' &&
        !app.settings.debug && { terminal: outputStream() }),
    };
    const imageRef = await within('pulling image', () => pullImage(app, image, options));
    print(`Image is up to date for ${imageRef}\n`);
  },
});
