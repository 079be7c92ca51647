// The entry point of the program berthd: runs the command line, handles signals, notifies systemd.

import { printText } from '@berth/common/files/print-text.ts';
import { DaemonLog } from '@berth/linux/processes/daemon-log.ts';
import { setProcessName } from '@berth/linux/processes/process-name.ts';
import { ServiceManager } from '@berth/linux/systemd/service-manager.ts';
import { CommanderError } from 'commander';
import { createLogger } from './logging/log.ts';
import { type Invocation, parseArguments } from './options.ts';
import { messageWithCauses, plainMessageWithCauses } from './rpc/errors.ts';

const argv = process.argv.slice(2);

/**
 * Runs until SIGTERM or SIGINT; containers keep running without berthd. SIGHUP reopens the log file and reloads the
 * settings.
 */
async function serve({ serve: config, warnings }: Extract<Invocation, { serve: unknown }>): Promise<void> {
  if (process.geteuid?.() !== 0)
    throw new Error('must run as root: it makes namespaces, mounts and cgroups; run it with sudo');
  setProcessName('berthd', argv);
  const file = DaemonLog.take(process.env);
  const log = createLogger(config.logLevel, (line) => file.write(line), config.logFormat);
  for (const warning of warnings) log.warning(warning);
  const ended = new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  using manager = new ServiceManager(process.env, (message, error) =>
    log.error(`${message}: ${messageWithCauses(error)}`),
  );
  const { startDaemon } = await import('./daemon.ts');
  const daemon = await startDaemon(config, log);
  const status = `Serving the CRI on ${config.listen}.`;
  log.info('Serving the CRI', { socket: config.listen });
  manager.ready(status, () => daemon.checkHealth());

  process.on('SIGHUP', () => {
    manager.reloading();
    try {
      file.reopen();
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
  manager.stopping('Finishing requests under way; containers go on.');
  await daemon.close();
}

// conmon, OCI runtimes and CNI plugins inherit the umask and expect 022. berthd sets the modes of its own files
// explicitly.
process.umask(0o022);
try {
  const invocation = parseArguments(argv);
  if ('print' in invocation) {
    for (const warning of invocation.warnings) process.stderr.write(`berthd: ${warning}\n`);
    printText(invocation.print, 'berthd');
  } else {
    await serve(invocation);
    process.exit(0);
  }
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  process.stderr.write(`berthd: ${plainMessageWithCauses(error)}\n`);
  process.exit(1);
}
