// The berth command: runs the command line, and prints what goes wrong.
import { plainMessage } from '@berth/common/errno-text.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { endWithoutOutput } from '@berth/common/files/print-text.ts';
import { berthProgram } from './cli/program.ts';
import { UserError } from './errors/user-error.ts';
import { InterruptedError } from './terminal/interruption.ts';

process.stdout.on('error', (error) => endWithoutOutput(error, 'berth'));

try {
  await berthProgram().parseAsync();
} catch (error) {
  const known = error instanceof UserError || (error instanceof Error && error.name === 'ConfigError');
  // What a system call refuses is the machine's fault, and its path says where; the rest is a mistake of the program.
  const isRefused = error instanceof Error && 'syscall' in error;
  console.error(known ? messageOf(error) : isRefused ? `berth: ${plainMessage(error)}` : error);
  // What was interrupted may still wait for something.
  if (error instanceof InterruptedError) process.exit(error.exitCode);
  process.exitCode = 1;
}
