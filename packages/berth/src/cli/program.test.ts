import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from 'commander';
import { berthProgram } from './program.ts';

function withSubcommands(command: Command): Command[] {
  return [command, ...command.createHelp().visibleCommands(command).flatMap(withSubcommands)];
}

for (const command of withSubcommands(berthProgram())) {
  const name = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
  test(`${name} --help says what it and its options are for, and no default of a flag`, () => {
    assert.notEqual(command.description(), '');
    for (const option of command.options) assert.notEqual(option.description, '', option.flags);
    assert.doesNotMatch(command.helpInformation(), /default: false/);
  });
}
