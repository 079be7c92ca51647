// Writes a manual page, in man(7)'s macros, from the help texts of a command and of all commands below it.
import type { Help, HelpSection } from './help-text.ts';

/** A command and what its --help says: `berth`, or `berth image load`. */
export interface CommandHelp {
  readonly words: string;
  readonly help: Help;
}

export interface ManPage {
  readonly name: string;
  readonly section: 1 | 8;
  /** The day of the release, as YYYY-MM-DD. */
  readonly date: string;
  readonly version: string;
  readonly program: CommandHelp;
  readonly commands: readonly CommandHelp[];
  readonly files: readonly (readonly [path: string, what: string])[];
  /** Other pages, as in `berthd(8)`. */
  readonly seeAlso: readonly string[];
}

/** The page's text. */
export function manPage(page: ManPage): string {
  const { name, section, program, commands } = page;
  const [summary = name, ...more] = program.help.description;
  const lines = [
    `.TH ${quote(name.toUpperCase())} ${section} ${quote(page.date)} ${quote(`Berth ${page.version}`)} "Berth"`,
    '.SH NAME',
    `${troff(name)} \\- ${troff(summary.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    ...program.help.usage.flatMap((usage, index) => [...(index === 0 ? [] : ['.br']), usageLine(usage)]),
    ...(more.length > 0 ? ['.SH DESCRIPTION', ...paragraphs(more)] : []),
    ...program.help.sections.flatMap((each) => [`.SH ${quote(each.title.toUpperCase())}`, ...rows(each)]),
    ...(commands.length > 0 ? ['.SH COMMANDS IN DETAIL', ...commands.flatMap(commandLines)] : []),
    ...(program.help.notes.length > 0 ? ['.SH NOTES', ...paragraphs(program.help.notes)] : []),
    ...(page.files.length > 0 ? ['.SH FILES', ...rows(fileSection(page.files))] : []),
    '.SH SEE ALSO',
    troff(page.seeAlso.join(', ')),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines({ words, help }: CommandHelp): string[] {
  const { usage, description, sections, notes } = help;
  return [
    `.SS ${quote(words)}`,
    ...usage.slice(0, 1).map(usageLine),
    ...paragraphs(description),
    ...sections.filter(({ title }) => !/^commands$/i.test(title)).flatMap(rows),
    ...paragraphs(notes),
  ];
}

function usageLine(usage: string): string {
  return `.B ${troff(usage)}`;
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text) => ['.PP', ...text.split('\n').map(troff)]);
}

function rows({ rows }: HelpSection): string[] {
  // Not every flag has a text; man(7) wants one behind each tag.
  return rows.flatMap(({ term, text }) => ['.TP', `.B ${troff(term)}`, text === '' ? '\\&' : troff(text)]);
}

function fileSection(files: ManPage['files']): HelpSection {
  return { title: 'FILES', rows: files.map(([term, text]) => ({ term, text })) };
}

function quote(text: string): string {
  return `"${troff(text).replaceAll('"', '\\(dq')}"`;
}

/** Text that troff prints as it is: a hyphen is the one of ASCII, a line that begins like a macro is none. */
function troff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
