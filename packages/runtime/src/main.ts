import { CommanderError } from 'commander';
import type { Config } from './config/config.ts';
import { messageOf } from './errors.ts';
import { createLogger } from './log.ts';
import { parseArguments } from './options.ts';

/** Runs until SIGTERM or SIGINT; containers go on without berthd. */
async function main(config: Config): Promise<void> {
  const log = createLogger(config.logLevel);
  const { startDaemon } = await import('./daemon.ts');
  const daemon = await startDaemon(config, log);
  log.info('Serving the CRI', { socket: config.listen });
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  log.info(`Got ${signal}, closing; containers go on`);
  await daemon.close();
}

try {
  const invocation = parseArguments(process.argv.slice(2));
  if ('print' in invocation) process.stdout.write(invocation.print);
  else await main(invocation.serve);
  process.exit(0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  process.stderr.write(`berthd: ${messageOf(error)}\n`);
  process.exit(1);
}
