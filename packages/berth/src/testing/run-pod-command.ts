// Runs one of berth's commands for pods on the node of a test: LAYOUT-FILE COMMAND [ARG...].
import { readFileSync } from 'node:fs';
import { messageOf } from '@berth/common/error-message.ts';
import { Command } from 'commander';
import { addPodCommands } from '../cli/pods.ts';
import { UserError } from '../errors/user-error.ts';

const [layoutFile = '', ...words] = process.argv.slice(2);
const program = new Command('berth');
addPodCommands(program, () => JSON.parse(readFileSync(layoutFile, 'utf8')));
try {
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  console.error(error instanceof UserError ? messageOf(error) : error);
  process.exitCode = 1;
}
