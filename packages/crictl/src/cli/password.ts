// Prompts for a password without echo.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { print } from '../output/print.ts';

/** Prints `question` and reads a line from stdin, on a terminal without echo. */
export async function readPassword(question: string): Promise<string> {
  print(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = process.stdin.isTTY === true;
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  try {
    for await (const line of lines) return line;
    throw new Error('no password was given');
  } finally {
    lines.close();
    print('\n');
  }
}
