// Calls a command's function in a process of its own, for terminals and signals: call.ts FILE FUNCTION ARGUMENTS-AS-JSON.
import { messageOf } from '@berth/common/error-message.ts';

const [file = '', name = '', args = '[]'] = process.argv.slice(2);
try {
  const module: Record<string, (...words: unknown[]) => Promise<unknown>> = await import(
    `../commands/${file}.ts`
  );
  const result = await module[name]?.(...JSON.parse(args));
  if (typeof result === 'number') process.exitCode = result;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
