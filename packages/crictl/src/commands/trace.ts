// `crictl trace`: prints where the time of a pod's start went, as a waterfall. Works only with berthd.
import type { PodStart } from '@berth/cri/generated/pod-starts.ts';
import { goYaml } from '@berth/go-yaml/print.ts';
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { statusIn } from '../errors/describe.ts';
import { within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { sortedJson } from '../output/json.ts';
import { isTerminal, outputStream, print } from '../output/print.ts';
import { goTime } from '../output/time.ts';
import { startJson } from '../trace/span.ts';
import { waterfall } from '../trace/waterfall.ts';

export const trace = defineCommand({
  argsUsage: 'POD',
  description:
    'POD is an id or a name. The times are an extension of berthd, which keeps them for the pods that it started\n' +
    'last, since its own start.',
  flags: {
    output: {
      type: 'string',
      aliases: ['o'],
      default: 'table',
      usage: 'Output format: json, yaml, table, svg or html',
    },
  },
  async run({ app, flags, args, showHelp }) {
    const [given = ''] = args;
    if (args.length !== 1 || given === '') return showHelp();
    const { output } = flags;
    if (!['json', 'yaml', 'table', 'svg', 'html'].includes(output))
      throw new Error(`unsupported output format "${output}"`);
    const start = await within(`tracing pod "${given}"`, () => findStart(app, given));
    if (output === 'json') print(`${sortedJson(startJson(start))}\n`);
    else if (output === 'yaml') print(`${goYaml(startJson(start))}\n`);
    else if (output === 'svg' || output === 'html') {
      const { traceHtml, traceSvg } = await import('../trace/svg.ts');
      print(output === 'svg' ? traceSvg(start) : traceHtml(start));
    } else {
      const { NO_COLOR: noColour = '', LC_ALL, LC_CTYPE, LANG, TERM } = process.env;
      const lines = waterfall(start, {
        width: Math.max(20, outputStream().columns || 100),
        coloured: isTerminal(1) && noColour === '' && TERM !== 'dumb',
        unicode: /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ''),
      });
      print(lines.map((line) => `${line}\n`).join(''));
    }
  },
});

async function findStart(app: App, given: string): Promise<PodStart> {
  const id = await podId(app, given);
  const service = await app.podStarts();
  const ask = async (podSandboxId: string) => {
    try {
      return await service.listPodStarts({ podSandboxId }, app.call());
    } catch (error) {
      if (statusIn(error)?.code !== 'UNIMPLEMENTED') throw error;
      const { runtimeName } = await (await app.runtime()).version({ version: 'v1' }, app.call());
      throw new Error(`pod starts are an extension of berthd, and this runtime is ${runtimeName}`);
    }
  };
  const { starts, watchingSince, capacity } = await ask(id);
  const [start] = starts;
  if (start !== undefined) return start;
  // A pod whose sandbox failed is not listed, but its trace is the most useful.
  const failed = (await ask('')).starts.findLast(
    ({ podSandboxId, namespace, name }) =>
      podSandboxId.startsWith(given) || given === name || given === `${namespace}/${name}`,
  );
  if (id === given && failed !== undefined) return failed;
  const { status } = await (await app.runtime()).podSandboxStatus({ podSandboxId: id }, app.call());
  if (status !== undefined && status.createdAt < watchingSince) {
    throw new Error(`berthd started after the pod, at ${goTime(watchingSince)}, and has no earlier records`);
  }
  throw new Error(
    `berthd keeps the starts of the last ${capacity} pods, and this pod is not among them any more`,
  );
}
