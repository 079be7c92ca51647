// `crictl metricsp`: prints the metrics of pods, by ListPodSandboxMetrics.
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { formatMessage } from '../output/message.ts';
import { print } from '../output/print.ts';
import { display, watchFlag } from '../stats/display.ts';

export const metricsp = defineCommand({
  flags: {
    output: { type: 'string', aliases: ['o'], usage: 'Output format: json or yaml' },
    watch: watchFlag,
  },
  async run({ app, flags, args, showHelp }) {
    const format = flags.output || 'json';
    if (args.length > 0 || !['json', 'yaml'].includes(format)) return showHelp();
    await within('get pod metrics', () =>
      display(app, flags.watch, async () => {
        const answer = await within('list pod sandbox metrics', async () =>
          (await app.runtime()).listPodSandboxMetrics({}, app.call()),
        );
        print(formatMessage('ListPodSandboxMetricsResponse', answer, format));
      }),
    );
  },
});
