// Layers of images: what tar archives of this world hold.
import type { Case } from '../case.ts';
import { inImage } from './container.ts';
import { type ImageInput, publish } from './image.ts';
import type { RuntimeSide } from './node.ts';
import { rootfsListing } from './rootfs.ts';

type Layers = NonNullable<ImageInput['layers']>;

function layerCase(name: string, layers: () => Layers, config?: ImageInput['config']): Case<RuntimeSide> {
  const repository = `layers/${name.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')}`;
  return {
    area: 'layers',
    name,
    apply: async (side) => {
      const { reference } = publish(side.registry, repository, {
        layers: layers(),
        ...(config !== undefined && { config }),
      });
      return await inImage(side, reference, {}, async ({ pid }) => ({ files: rootfsListing(pid) }));
    },
  };
}

export const layers: readonly Case<RuntimeSide>[] = [
  layerCase('a plain file', () => [[{ type: 'file', path: 'a', content: 'a' }]]),
  layerCase('a file below an absolute link of the same layer', () => [
    [
      { type: 'directory', path: 'data' },
      { type: 'symlink', path: 'link', target: '/data' },
      { type: 'file', path: 'link/a', content: 'a' },
    ],
  ]),
];
