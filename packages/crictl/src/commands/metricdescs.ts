// `crictl metricdescs`: prints the descriptors of the metrics that `crictl metricsp` prints.
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { formatMessage } from '../output/message.ts';
import { print } from '../output/print.ts';

export const metricdescs = defineCommand({
  flags: { output: { type: 'string', aliases: ['o'], usage: 'Output format: json or yaml' } },
  async run({ app, flags, args, showHelp }) {
    const format = flags.output || 'json';
    if (args.length > 0 || !['json', 'yaml'].includes(format)) return showHelp();
    const answer = await within('get metric descriptors: list metric descriptors', async () =>
      (await app.runtime()).listMetricDescriptors({}, app.call()),
    );
    print(formatMessage('ListMetricDescriptorsResponse', answer, format));
  },
});
