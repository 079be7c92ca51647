// `crictl rmp`: removes pods; stops running ones with --force.
import { PodSandboxState } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { defineCommand } from '../app/command.ts';
import { allSettled, within } from '../errors/within.ts';
import { podId } from '../lookup/ids.ts';
import { print } from '../output/print.ts';

export const rmp = defineCommand({
  argsUsage: 'POD-ID [POD-ID...]',
  flags: {
    force: { type: 'boolean', aliases: ['f'], usage: 'Stop running pods first' },
    all: { type: 'boolean', aliases: ['a'], usage: 'All pods' },
  },
  async run({ app, flags, args, showHelp }) {
    const runtime = await app.runtime();
    const ids = flags.all ? (await runtime.listPodSandbox({}, app.call())).items.map(({ id }) => id) : args;
    if (ids.length === 0) return flags.all ? app.logger.info('No pods to remove') : showHelp();
    await allSettled(ids.map((id) => () => remove(app, id, flags.force)));
  },
});

async function remove(app: App, given: string, force: boolean): Promise<void> {
  const runtime = await app.runtime();
  const request = { podSandboxId: await podId(app, given) };
  const { status } = await within(`getting sandbox status of pod "${given}"`, () =>
    runtime.podSandboxStatus(request, app.call()),
  );
  if (status?.state === PodSandboxState.SANDBOX_READY) {
    if (!force) throw new Error(`pod sandbox "${given}" is running, please stop it first`);
    await within(`stopping the pod sandbox "${given}" failed`, () =>
      runtime.stopPodSandbox(request, app.call()),
    );
    print(`Stopped sandbox ${given}\n`);
  }
  await within(`removing the pod sandbox "${given}"`, () => runtime.removePodSandbox(request, app.call()));
  print(`Removed sandbox ${given}\n`);
}
