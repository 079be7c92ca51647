// The entry point of the program berthd: runs the command line, handles signals, notifies systemd.

import { CommanderError } from 'commander';
import { createLogger } from './logging/log.ts';
import { ServiceManager } from './observability/service-manager.ts';
import { type Invocation, parseArguments } from './options.ts';
import { messageWithCauses } from './rpc/errors.ts';

const argv = process.argv.slice(2);

/** Runs until SIGTERM or SIGINT; containers keep running without berthd. SIGHUP reloads the settings. */
async function serve({ serve: config, warnings }: Extract<Invocation, { serve: unknown }>): Promise<void> {
  const log = createLogger(config.logLevel, undefined, config.logFormat);
  for (const warning of warnings) log.warning(warning);
  const ended = new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  using manager = new ServiceManager(process.env, log);
  const { startDaemon } = await import('./daemon.ts');
  const daemon = await startDaemon(config, log);
  const status = `Serving the CRI on ${config.listen}.`;
  log.info('Serving the CRI', { socket: config.listen });
  manager.ready(status, () => daemon.checkHealth());

  process.on('SIGHUP', () => {
    manager.reloading();
    try {
      const invocation = parseArguments(argv);
      if ('serve' in invocation) {
        for (const warning of invocation.warnings) log.warning(warning);
        daemon.reload(invocation.serve);
      }
    } catch (error) {
      log.error(`Got SIGHUP; the settings stay as they were: ${messageWithCauses(error)}`);
    }
    manager.reloaded(status);
  });
  const signal = await ended;
  log.info(`Got ${signal}, closing; containers go on`);
  manager.stopping();
  await daemon.close();
}

// conmon, OCI runtimes and CNI plugins inherit the umask and expect 022. berthd sets the modes of its own files
// explicitly.
process.umask(0o022);
try {
  const invocation = parseArguments(argv);
  if ('print' in invocation) {
    for (const warning of invocation.warnings) process.stderr.write(`berthd: ${warning}\n`);
    process.stdout.write(invocation.print);
  } else await serve(invocation);
  process.exit(0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  process.stderr.write(`berthd: ${messageWithCauses(error)}\n`);
  process.exit(1);
}
