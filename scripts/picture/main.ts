// Draws docs/packages.svg from the imports. usage: npm run picture
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSourceTree } from '../lint/tree/source-tree.ts';
import { packageGraph } from './package-graph.ts';
import { packagePicture } from './svg.ts';

const file = join(import.meta.dirname, '../../docs/packages.svg');
writeFileSync(file, packagePicture(packageGraph(readSourceTree())));
