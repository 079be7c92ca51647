// `crictl runtime-config`: prints the cgroup driver that the runtime uses.
import { CgroupDriver } from '@berth/cri/generated/api.ts';
import { defineCommand } from '../app/command.ts';
import { within } from '../errors/within.ts';
import { print } from '../output/print.ts';

export const runtimeConfig = defineCommand({
  flags: {},
  async run({ app }) {
    app.connecting = 'get runtime client: ';
    const { linux } = await within('get runtime config: call RuntimeConfig RPC', async () =>
      (await app.runtime()).runtimeConfig({}, app.call()),
    );
    if (linux === undefined) return;
    const [name = linux.cgroupDriver] =
      Object.entries(CgroupDriver).find(([, value]) => value === linux.cgroupDriver) ?? [];
    print(`cgroup driver:   ${name}\n`);
  },
});
