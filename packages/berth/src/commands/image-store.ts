// `berth image pull`, `rm`, `tag`, `prune` and `inspect`.
import type { App } from '@berth/crictl/app/app.ts';
import { imageStatus, namesOf } from '@berth/crictl/lookup/images.ts';
import { humanSize, truncateId } from '@berth/crictl/output/human.ts';
import { isTerminal, outputStream } from '@berth/crictl/output/print.ts';
import { parseCredentials, pullImage } from '@berth/crictl/pull/pull.ts';
import type { PruneAnswer } from '@berth/runtime/image/prune.ts';
import type { TagAnswer } from '@berth/runtime/image/tag.ts';
import { UserError } from '../errors/user-error.ts';
import { postBerthd } from '../images/berthd.ts';
import { inspectedImage } from '../images/inspect.ts';
import { withRuntime } from '../node/cri-app.ts';
import type { NodeLayout } from '../node/layout.ts';
import type { Output } from '../terminal/status-lines.ts';

type Place = Pick<NodeLayout, 'socket'>;

/** `berth image pull`: pulls images one after the other, with progress on a terminal. */
export async function pullImages(
  layout: Place,
  names: readonly string[],
  { creds }: { creds?: string },
  output: Output = process.stdout,
): Promise<void> {
  const auth = creds === undefined ? undefined : parseCredentials(creds);
  const isLive = output === process.stdout && isTerminal(1) && process.env['TERM'] !== 'dumb';
  await withRuntime(layout, async (app) => {
    for (const name of names) {
      const id = await pullImage(app, name, {
        auth,
        sandboxConfig: undefined,
        annotations: {},
        timeoutMs: 0,
        ...(isLive && { terminal: outputStream() }),
      });
      const { image } = await imageStatus(app, id);
      output.write(`Pulled ${name}  ${shortId(id)}  ${humanSize(image?.size ?? 0n)}\n`);
    }
  });
}

/**
 * `berth image rm`: takes a tag from an image that has others, or removes the image.
 * @throws UserError when a container has the image, unless `force` is set: then it keeps the layers until its end
 */
export async function removeImages(
  layout: Place,
  given: readonly string[],
  { force }: { force: boolean },
  output: Output = process.stdout,
): Promise<void> {
  await withRuntime(layout, async (app) => {
    for (const word of given) await removeOne(layout, app, word, force, output);
  });
}

async function removeOne(
  { socket }: Place,
  app: App,
  word: string,
  force: boolean,
  output: Output,
): Promise<void> {
  const image = await foundImage(app, word);
  const tag = image.repoTags.find((name) => name === word || name.endsWith(`/${withTag(word)}`));
  if (tag !== undefined && image.repoTags.length > 1) {
    const { name } = await postBerthd<TagAnswer>(socket, '/images/untag', { name: tag });
    output.write(`Untagged ${name}\n`);
    return;
  }
  if (image.repoTags.length > 1 && !force)
    throw new UserError(
      `${word} has several names: ${image.repoTags.join(', ')}; remove all of them with -f`,
    );
  const { containers } = await (await app.runtime()).listContainers({}, app.call());
  const users = containers.filter(({ imageId, imageRef }) => [imageId, imageRef].includes(image.id));
  if (users.length > 0 && !force) {
    const names = users.map(({ id, metadata }) => `${metadata?.name ?? ''} (${truncateId(id)})`);
    throw new UserError(
      `${word} is used by ${names.join(', ')}; with -f its names go now and its files with these containers`,
    );
  }
  await (await app.image()).removeImage({ image: { image: image.id } }, app.call(0));
  for (const name of namesOf(image)) output.write(`Removed ${name}\n`);
}

/** `berth image tag`: gives an image more names. */
export async function tagImages(
  layout: Place,
  given: string,
  names: readonly string[],
  output: Output = process.stdout,
): Promise<void> {
  const image = await withRuntime(layout, (app) => foundImage(app, given));
  if (image === undefined) return;
  for (const name of names) {
    const tagged = await postBerthd<TagAnswer>(layout.socket, '/images/tag', { image: image.id, name });
    output.write(`Tagged ${shortId(image.id)} as ${tagged.name}\n`);
  }
}

/** `berth image prune`: removes images without a tag, or all that no container has, and what interrupted pulls left. */
export async function pruneImages(
  { socket }: Place,
  { all }: { all: boolean },
  output: Output = process.stdout,
): Promise<void> {
  const { images, freedBytes } = await postBerthd<PruneAnswer>(socket, '/images/prune', { all });
  for (const { id, names } of images) output.write(`Removed ${names.join(', ') || id}\n`);
  output.write(`Freed ${humanSize(BigInt(freedBytes))}\n`);
}

/** `berth image inspect`: prints images as JSON, in the form of docker and podman. */
export async function inspectImages(
  layout: Place,
  given: readonly string[],
  output: Output = process.stdout,
): Promise<void> {
  const found = await withRuntime(layout, async (app) => {
    const answers = [];
    for (const word of given) {
      const answer = await imageStatus(app, word, true);
      if (answer.image === undefined) throw new Error(`no such image: ${word}`);
      answers.push(answer);
    }
    return answers;
  });
  if (found !== undefined) output.write(`${JSON.stringify(found.map(inspectedImage), undefined, 2)}\n`);
}

/** The image that a name, the end of one, an id or the start of one means. */
async function foundImage(app: App, word: string) {
  const { image } = await imageStatus(app, word);
  if (image === undefined) throw new Error(`no such image: ${word}`);
  return image;
}

/** A name with the tag that it means. */
const withTag = (name: string) => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);

const shortId = (id: string) => truncateId(id, 'sha256:');
