// What a commit's subject has to look like: `area: imperative summary`, at most 72 characters.

const longest = 72;
/** Verbs that only look like a past or a progressive. */
const imperatives = new Set(['bring', 'embed', 'feed', 'need', 'ping', 'seed', 'shed', 'speed', 'string']);

/**
 * Pure: what is wrong with a commit's message, undefined when nothing is. What git itself writes passes: merges,
 * reverts, fixups.
 *
 * @param {string} message whole text of the commit
 * @returns {string | undefined}
 */
export function subjectProblem(message) {
  const [subject = '', second = ''] = message.split('\n');
  if (/^(Merge|Revert|fixup!|squash!|amend!) /.test(subject)) return undefined;
  if (subject.length > longest) return `has ${subject.length} characters; ${longest} is the most`;
  const [, verb] = /^(?![A-Z][a-z])[\w., /*:+-]+: (\S+)/.exec(subject) ?? [];
  if (verb === undefined) return 'has to begin with an area and a colon, as in "cni: cache results"';
  if (/^[A-Z][a-z]/.test(verb)) return `begins with a capital after the area: "${verb}"`;
  if (/[a-z](ed|ing)$/.test(verb) && !imperatives.has(verb)) return `says "${verb}": use the imperative`;
  if (subject.endsWith('.')) return 'ends in a full stop';
  if (second.trim() !== '') return 'has to be followed by an empty line';
  return undefined;
}
