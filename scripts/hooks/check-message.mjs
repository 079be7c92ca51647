// usage: node check-message.mjs FILE   FILE holds the message of a commit, with git's own comments
import { readFileSync } from 'node:fs';
import { subjectProblem } from './commit-subject.mjs';

const message = readFileSync(process.argv[2] ?? '', 'utf8').replace(/^#.*\n/gm, '');
const problem = subjectProblem(message);
if (problem !== undefined) {
  console.error(`The commit's subject ${problem}:\n  ${message.split('\n')[0]}`);
  process.exitCode = 1;
}
