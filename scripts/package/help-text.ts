// Reads the text that a command prints at --help: commander's, crictl's (urfave/cli's layout) and the kubelet's.

/** A flag, argument or command with what it means. */
export interface HelpRow {
  readonly term: string;
  readonly text: string;
}

/** The rows below a heading, and the paragraphs after them. */
export interface HelpSection {
  readonly title: string;
  readonly rows: readonly HelpRow[];
}

/** What a help text says. */
export interface Help {
  /** Ways to call the command. */
  readonly usage: readonly string[];
  /** Paragraphs in front of the sections. */
  readonly description: readonly string[];
  readonly sections: readonly HelpSection[];
  /** Paragraphs behind the sections. */
  readonly notes: readonly string[];
}

const heading = /^([A-Z][A-Za-z ]*):(?: (.*))?$/;
/** A flag that leaves no room for two spaces behind it. */
const longFlag = /^(-\S+(?:, -\S+)*(?: (?:VALUE|value|<\S+>))?) (\S.*)$/;

interface OpenRow {
  term: string;
  text: string;
  /** The column of its text. */
  column: number;
}

/** Parses a help text. */
export function parseHelp(help: string): Help {
  const usage: string[] = [];
  const description: string[] = [];
  const notes: string[] = [];
  const sections: { title: string; rows: OpenRow[] }[] = [];
  let inUsage = false;
  let paragraph: string[] | undefined;
  for (const line of help.trimEnd().split('\n')) {
    const [, title, rest] = heading.exec(line) ?? [];
    const row = sections.at(-1)?.rows.at(-1);
    const indent = line.search(/\S/);
    if (indent < 0) paragraph = undefined;
    else if (title !== undefined && (rest === undefined || title === 'Usage')) {
      inUsage = /^usage$/i.test(title);
      if (inUsage) usage.push(...(rest === undefined ? [] : [rest]));
      else sections.push({ title, rows: [] });
    } else if (inUsage && indent > 0) usage.push(line.trim());
    else if (indent > 0 && row !== undefined && indent >= row.column && paragraph === undefined)
      row.text = `${row.text} ${line.trim()}`.trim();
    else if (indent > 0 && sections.length > 0) sections.at(-1)?.rows.push(parseRow(line, indent));
    else if (paragraph !== undefined) paragraph.push(`${paragraph.pop()} ${line.trim()}`);
    else {
      paragraph = sections.length === 0 ? description : notes;
      paragraph.push(line.trim());
      inUsage = false;
    }
  }
  return named({ usage, description, sections, notes });
}

function parseRow(line: string, indent: number): OpenRow {
  const content = line.trim();
  const [, term = content, text = ''] = /^(\S.*?) {2,}(\S.*)$/.exec(content) ?? longFlag.exec(content) ?? [];
  return { term, text, column: text === '' ? Number.POSITIVE_INFINITY : line.indexOf(text, indent + 1) };
}

/** The sections NAME and DESCRIPTION of urfave/cli are the description; what VERSION says is elsewhere. */
function named({ usage, description, sections, notes }: Help): Help {
  const rows = (title: string) => sections.find((section) => section.title === title)?.rows ?? [];
  const text = ({ term, text }: HelpRow) => [term, text].filter(Boolean).join(' ');
  const name = rows('NAME').map((row) => text(row).replace(/^.*? - /, ''));
  const about = rows('DESCRIPTION').map(text).join('\n');
  return {
    usage,
    description: [...name, ...(about === '' ? [] : [about]), ...description],
    sections: sections
      .filter(({ title }) => !['NAME', 'DESCRIPTION', 'VERSION'].includes(title))
      .map(({ title, rows }) => ({ title, rows: rows.map(({ term, text }) => ({ term, text })) })),
    notes,
  };
}

/** The commands that a help text lists, without their aliases and the one for help. */
export function subcommands({ sections }: Help): string[] {
  return sections
    .filter(({ title }) => /^commands$/i.test(title))
    .flatMap(({ rows }) => rows.map(({ term }) => /^[\w-]+/.exec(term)?.[0] ?? ''))
    .filter((name) => name !== '' && name !== 'help');
}
