// Help texts without their sentences: sections, commands, flags, aliases, defaults, variables and where columns start.
// The wording is each program's own (DIFFERENCES.md says so once); everything else has to be equal.

/** The text with each sentence of a help in it, which starts with a line `NAME:`, as `…`. */
export function helpStructure(text: string): string {
  const start = text.search(/^NAME:$/m);
  if (start === -1) return text;
  let section = '';
  const lines = text
    .slice(start)
    .split('\n')
    .map((line) => {
      if (/^[A-Z][A-Z ]*:/.test(line)) section = line;
      else if (section === 'NAME:') return line.replace(/ - .*/, ' - …');
      else if (section === 'DESCRIPTION:') return undefined;
      else if (section === 'VERSION:') return line.replace(/\S+/, '…');
      else if (section === 'EXAMPLES:') return line.replace(/# .*/, '# …');
      else if (section === 'CRICTL OPTIONS:')
        return line.replace(/^( +\S+ +).*?( \(default: .*\))$/, '$1…$2');
      else if (section.endsWith('OPTIONS:')) return flagLine(line);
      else if (section === 'COMMANDS:') return line.replace(/^( {3}[^\s,]+(?:, \S+)* +).*/, '$1…');
      return line;
    });
  return text.slice(0, start) + lines.filter((line) => line !== undefined).join('\n');
}

const flagPattern = /^( {3}-.*?(?: {2,}|$))(.*?)( \(default: (?:"[^"]*"|[^()]*)\))?((?: \[\$[A-Z_, $]+\])?)$/;

/** Names and value of the flag, where its sentence starts, default and variables; nothing of further lines. */
function flagLine(line: string): string | undefined {
  if (line === '') return line;
  const [, names, , fallback = '', variables = ''] = flagPattern.exec(line) ?? [];
  return names === undefined ? undefined : `${names}…${fallback}${variables}`;
}
