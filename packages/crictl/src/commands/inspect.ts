import { ContainerState, type ContainerStatusResponse } from '@berth/cri/generated/api.ts';
import type { JsonObject } from '@berth/cri/json/proto-json.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { containerFilterFlags, listContainers } from '../filters/containers.ts';
import { parseLabels } from '../filters/labels.ts';
import { containerId, namedOrListed } from '../lookup/ids.ts';
import { ago } from '../output/human.ts';
import { goMap, mapLines } from '../output/maps.ts';
import { print } from '../output/print.ts';
import { formatFlags, formatStatuses, shallowNulls } from '../output/status.ts';
import { rfc3339Nano, zeroTime } from '../output/time.ts';

export const inspect = defineCommand({
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: {
    ...containerFilterFlags,
    ...formatFlags,
    quiet: { type: 'boolean', aliases: ['q'], usage: 'Omit verbose information' },
  },
  async run({ app, flags, args, showHelp }) {
    const ids = await namedOrListed(app, args, () => {
      const labels = parseLabels(flags.label);
      return within('listing containers', () => listContainers(app, { ...flags, labels, id: '' }));
    });
    if (ids.length === 0) return showHelp();
    await within('get the status of containers', async () => {
      const runtime = await app.runtime();
      const answers: ContainerStatusResponse[] = [];
      for (const given of ids) {
        const request = { containerId: await containerId(app, given), verbose: !flags.quiet };
        answers.push(
          await within('get container status', () => runtime.containerStatus(request, app.call())),
        );
      }
      const text =
        flags.output === 'table'
          ? answers.map((answer) => tableLines(answer, !flags.quiet)).join('')
          : await formatStatuses(
              answers.map((answer) => ({ status: statusJson(answer), info: answer.info })),
              flags,
            );
      print(text);
    });
  },
});

/** The status with times in RFC 3339; an unset time is Go's zero time. */
function statusJson({ status }: ContainerStatusResponse): JsonObject | null {
  if (status === undefined) return null;
  const { state, createdAt, startedAt, finishedAt } = status;
  const isStarted = state !== ContainerState.CONTAINER_CREATED;
  const isFinished =
    state === ContainerState.CONTAINER_EXITED ||
    (state === ContainerState.CONTAINER_UNKNOWN && finishedAt > 0n);
  return {
    ...shallowNulls('ContainerStatus', status),
    createdAt: rfc3339Nano(createdAt),
    startedAt: isStarted ? rfc3339Nano(startedAt) : zeroTime,
    finishedAt: isFinished ? rfc3339Nano(finishedAt) : zeroTime,
  };
}

function tableLines({ status, info }: ContainerStatusResponse, verbose: boolean): string {
  const lines = [`ID: ${status?.id ?? ''}`];
  if (status) {
    const { metadata, state, createdAt, startedAt, finishedAt, exitCode, labels, annotations } = status;
    if (metadata && metadata.name !== '') lines.push(`Name: ${metadata.name}`);
    if (metadata && metadata.attempt !== 0) lines.push(`Attempt: ${metadata.attempt}`);
    const name = Object.entries(ContainerState).find(([, value]) => value === state)?.[0] ?? String(state);
    lines.push(`State: ${name}`, `Created: ${ago(createdAt)}`);
    if (state !== ContainerState.CONTAINER_CREATED) lines.push(`Started: ${ago(startedAt)}`);
    if (state === ContainerState.CONTAINER_EXITED) {
      if (finishedAt > 0n) lines.push(`Finished: ${ago(finishedAt)}`);
      lines.push(`Exit Code: ${exitCode}`);
    }
    lines.push(...mapLines('Labels', labels), ...mapLines('Annotations', annotations));
  }
  if (verbose) lines.push(`Info: ${goMap(info)}`);
  return `${lines.join('\n')}\n`;
}
