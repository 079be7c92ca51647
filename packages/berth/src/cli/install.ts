// The commands of berth about its installation: start at boot, removal.
import type { Command } from 'commander';
import type { UninstallOptions } from '../commands/uninstall.ts';
import { defaultLayout } from '../node/layout.ts';
import { parseSeconds } from './seconds.ts';

/** Adds the commands to the program. */
export function addInstallCommands(program: Command): void {
  program
    .command('enable')
    .description('start the node at boot, by systemd')
    .option('--now', 'start it now, too', false)
    .action(async (options: { now: boolean }) => {
      const { enable } = await import('../commands/enable.ts');
      enable(defaultLayout(), options);
    });
  program
    .command('disable')
    .description('do not start the node at boot; a node that runs goes on')
    .action(async () => {
      const { disable } = await import('../commands/enable.ts');
      disable(defaultLayout());
    });
  program
    .command('uninstall')
    .description('stop the node and remove its state, links and units; for clones and tarballs (not apt)')
    .option('-y, --yes', 'do not ask', false)
    .option('--purge', 'also remove images, container layers and settings', false)
    .option('--timeout <seconds>', 'how long to wait for pods to end', parseSeconds, 60)
    .action(async (options: UninstallOptions) => {
      const { uninstall } = await import('../commands/uninstall.ts');
      await uninstall(defaultLayout(), options);
    });
}
