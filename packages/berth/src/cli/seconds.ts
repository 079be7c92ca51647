// Numbers of seconds on the command line.
import { InvalidArgumentError } from 'commander';

/** Seconds above 0. @throws InvalidArgumentError for another text */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0) || !Number.isFinite(seconds))
    throw new InvalidArgumentError('want a number of seconds above 0');
  return seconds;
}
