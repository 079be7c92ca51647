// `crictl inspectp`: the status of pods.
import { PodSandboxState, type PodSandboxStatusResponse } from '@berth/cri/generated/api.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { parseLabels } from '../filters/labels.ts';
import { listPods, podFilterFlags } from '../filters/pods.ts';
import { namedOrListed, podId } from '../lookup/ids.ts';
import { goMap, mapLines } from '../output/maps.ts';
import { print } from '../output/print.ts';
import { formatFlags, formatStatuses, shallowNulls } from '../output/status.ts';
import { goTime, rfc3339Nano } from '../output/time.ts';

export const inspectp = defineCommand({
  argsUsage: 'POD-ID [POD-ID...]',
  flags: {
    ...podFilterFlags,
    ...formatFlags,
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Omit verbose information' },
  },
  async run({ app, flags, args, showHelp }) {
    const ids = await namedOrListed(app, args, async () => {
      const labels = await within('parse label string slice', () => parseLabels(flags.label));
      return await within('listing pod sandboxes', () => listPods(app, { ...flags, labels, id: '' }));
    });
    if (ids.length === 0) return showHelp();
    await within('get the status of pod sandboxes', async () => {
      const runtime = await app.runtime();
      const answers: PodSandboxStatusResponse[] = [];
      for (const given of ids) {
        const request = { podSandboxId: await podId(app, given), verbose: !flags.quiet };
        answers.push(
          await within('get pod sandbox status', () => runtime.podSandboxStatus(request, app.call())),
        );
      }
      const text =
        flags.output === 'table'
          ? answers.map((answer) => tableLines(answer, !flags.quiet)).join('')
          : await formatStatuses(
              answers.map(({ status, info }) => ({
                status: status
                  ? { ...shallowNulls('PodSandboxStatus', status), createdAt: rfc3339Nano(status.createdAt) }
                  : null,
                info,
              })),
              flags,
            );
      print(text);
    });
  },
});

function tableLines({ status, info }: PodSandboxStatusResponse, verbose: boolean): string {
  const lines = [`ID: ${status?.id ?? ''}`];
  if (status) {
    const { metadata, state, createdAt, network, labels, annotations } = status;
    if (metadata) {
      if (metadata.name !== '') lines.push(`Name: ${metadata.name}`);
      if (metadata.uid !== '') lines.push(`UID: ${metadata.uid}`);
      if (metadata.namespace !== '') lines.push(`Namespace: ${metadata.namespace}`);
      lines.push(`Attempt: ${metadata.attempt}`);
    }
    const name = Object.entries(PodSandboxState).find(([, value]) => value === state)?.[0] ?? String(state);
    lines.push(`Status: ${name}`, `Created: ${goTime(createdAt)}`);
    if (network) {
      lines.push(
        `IP Addresses: ${network.ip}`,
        ...network.additionalIps.map(({ ip }) => `Additional IP: ${ip}`),
      );
    }
    lines.push(...mapLines('Labels', labels), ...mapLines('Annotations', annotations));
  }
  if (verbose) lines.push(`Info: ${goMap(info)}`);
  return `${lines.join('\n')}\n`;
}
